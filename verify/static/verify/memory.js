// The highest numbers of the city's signed documents that this device has seen; no certificate is in it.

const NOTHING = { seq: 0, latest: 0, versions: {} };

/** Kept in `storage` (localStorage), or for as long as the page lives where there is none, or none that works. */
export function memoryIn(storage) {
  const held = new Map();
  // Another request, or another tab, may have seen newer ones meanwhile.
  const both = (city) => [held.get(city), read(storage, city)].filter(Boolean);
  return {
    recall(city) {
      return both(city).reduce(newest, NOTHING);
    },
    keep(city, seen) {
      held.set(city, withoutOld(both(city).reduce(newest, seen)));
      try {
        storage.setItem(place(city), JSON.stringify(held.get(city)));
      } catch {
        // private windows and full disks: this page remembers, the next one may not
      }
    },
  };
}

/** The browser's own storage, or null where even looking at it is forbidden. */
export function ownStorage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function place(city) {
  return `trust ${city}`;
}

function read(storage, city) {
  try {
    const seen = JSON.parse(storage.getItem(place(city)));
    return isWhole(seen.seq) && isWhole(seen.latest) && Object.values(seen.versions).every((each) => isWhole(each.version) && isWhole(each.until)) ? seen : null;
  } catch {
    return null;
  }
}

function newest(one, other) {
  const versions = { ...one.versions };
  for (const [name, each] of Object.entries(other.versions)) if (!versions[name] || versions[name].version < each.version) versions[name] = each;
  return { seq: Math.max(one.seq, other.seq), latest: Math.max(one.latest, other.latest), versions };
}

/** What would be refused for its age anyway need not be remembered by its version. */
function withoutOld({ seq, latest, versions }) {
  const young = Object.entries(versions).filter(([, { until }]) => until >= latest);
  return { seq, latest, versions: Object.fromEntries(young) };
}

function isWhole(value) {
  return Number.isSafeInteger(value) && value >= 0;
}
