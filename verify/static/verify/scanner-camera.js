// The camera: opened with the rear one first, its light and zoom where it has them, and why it did not open.

const SHARP = { width: { ideal: 1920 }, height: { ideal: 1080 } };
const CHOSEN = "scanner camera"; // kept on this device, so that a kiosk opens the same one each morning
const REFUSALS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "absent",
  OverconstrainedError: "absent",
  NotReadableError: "busy",
  AbortError: "busy",
};

/** Why no picture comes: ``denied``, ``absent``, ``busy``, ``insecure`` or ``other``. */
export class CameraRefused extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * The open camera, playing in ``video``; with ``after`` the one that follows that one. Throws CameraRefused.
 * ``onLost``: it was taken away meanwhile.
 */
export async function openCamera(video, { after = null, onLost }) {
  if (!navigator.mediaDevices?.getUserMedia) throw new CameraRefused(window.isSecureContext ? "absent" : "insecure");
  const stream = await opened(after ? await following(after) : recall());
  const [track] = stream.getVideoTracks();
  const camera = new Camera(stream, track);
  track.addEventListener("ended", () => camera.stream && onLost());
  try {
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    camera.close();
    throw new CameraRefused(REFUSALS[error.name] || "other");
  }
  await track.applyConstraints({ advanced: [{ focusMode: "continuous" }] }).catch(() => {}); // where it can
  return camera;
}

/** How many cameras there are; known only after one was allowed. */
export async function countCameras() {
  return (await cameras()).length;
}

class Camera {
  constructor(stream, track) {
    this.stream = stream;
    this.track = track;
    this.can = track.getCapabilities?.() ?? {};
    this.id = track.getSettings().deviceId;
  }

  get hasLight() {
    return Boolean(this.can.torch);
  }

  /** ``{min, max, step, value}``, or null where the camera does not zoom. */
  get zoom() {
    const { min, max, step } = this.can.zoom ?? {};
    return max > min ? { min, max, step: step || 0.1, value: this.track.getSettings().zoom ?? min } : null;
  }

  /** Whether the light is on as asked. */
  light(on) {
    return this.#apply({ torch: on });
  }

  zoomTo(value) {
    return this.#apply({ zoom: value });
  }

  close() {
    const stream = this.stream;
    this.stream = null;
    stream?.getTracks().forEach((track) => track.stop());
  }

  #apply(wish) {
    return this.track.applyConstraints({ advanced: [wish] }).then(
      () => true,
      () => false,
    );
  }
}

async function opened(deviceId) {
  const rear = { facingMode: { ideal: "environment" } };
  for (const which of deviceId ? [{ deviceId: { exact: deviceId } }, rear] : [rear]) {
    try {
      return await navigator.mediaDevices.getUserMedia({ video: { ...which, ...SHARP }, audio: false });
    } catch (error) {
      const reason = REFUSALS[error.name] || "other";
      if (reason !== "absent" || which === rear) throw new CameraRefused(reason);
    }
  }
  throw new CameraRefused("absent");
}

async function cameras() {
  return (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
}

/** The camera after this one, kept as this device's choice. */
async function following(camera) {
  const all = (await cameras()).map((device) => device.deviceId);
  const next = all[(all.indexOf(camera.id) + 1) % all.length];
  try {
    localStorage.setItem(CHOSEN, next);
  } catch {
    // storage is forbidden here: the choice holds for this once
  }
  return next;
}

function recall() {
  try {
    return localStorage.getItem(CHOSEN) || "";
  } catch {
    return "";
  }
}
