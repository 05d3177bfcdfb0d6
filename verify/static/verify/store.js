// What this device keeps of the city's documents, verified when they came; nothing of any certificate is in it.

const NAME = "verifier";
const SHELF = "known";
const FORM = 1; // another form of the records is another shelf
const PATIENCE = 1500; // milliseconds: some browsers leave this question open for ever
const MOST_KEYS = 32;
const MOST_LISTS = 24;

/**
 * Records by name: `directory`, `key/KID`, `list/N`, each with its `iat`; all are held, so that a scan waits for no
 * disk. Where storage is forbidden they last as long as the page.
 */
export async function openStore(factory) {
  const database = await opened(factory).catch(() => null);
  const held = new Map(database ? await everything(database).catch(() => []) : []);
  return {
    get: (name) => held.get(name),
    names: () => [...held.keys()],
    /** Keep these [name, record] pairs, all of them or none; an older record never takes a newer one's place. */
    async put(records) {
      const newer = records.filter(([name, { iat }]) => !(held.get(name)?.iat > iat));
      for (const [name, record] of newer) held.set(name, { ...record, bundled: Boolean(record.bundled || held.get(name)?.bundled) });
      const gone = superfluous(held);
      gone.forEach((name) => held.delete(name));
      if (database) await written(database, newer.map(([name]) => [name, held.get(name)]), gone).catch(() => {}); // a full disk: this page still knows
    },
  };
}

/** The browser's database, or null where even looking at it is forbidden. */
export function ownDatabase() {
  try {
    return window.indexedDB || null;
  } catch {
    return null;
  }
}

/** What single scans brought and nobody asked for lately; what a bundle brought stays together. */
function superfluous(held) {
  const directory = held.get("directory")?.iat ?? -Infinity;
  const beyond = (kind, most) => {
    const single = [...held].filter(([name, { bundled }]) => name.startsWith(kind) && !bundled).sort(([, one], [, other]) => other.iat - one.iat);
    return single.filter(([, { iat }], n) => n >= most || (kind === "key/" && iat <= directory)).map(([name]) => name);
  };
  return [...beyond("key/", MOST_KEYS), ...beyond("list/", MOST_LISTS)];
}

function opened(factory) {
  return new Promise((done, failed) => {
    const request = factory.open(NAME, FORM);
    setTimeout(() => failed(new Error("no answer")), PATIENCE);
    request.onupgradeneeded = () => {
      for (const old of request.result.objectStoreNames) request.result.deleteObjectStore(old);
      request.result.createObjectStore(SHELF);
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      done(request.result);
    };
    request.onerror = request.onblocked = () => failed(request.error);
  });
}

async function everything(database) {
  const shelf = database.transaction(SHELF).objectStore(SHELF);
  const [names, records] = await Promise.all([answered(shelf.getAllKeys()), answered(shelf.getAll())]);
  return names.map((name, n) => [name, records[n]]).filter(([, record]) => Number.isSafeInteger(record?.iat));
}

function written(database, records, gone) {
  return new Promise((done, failed) => {
    const change = database.transaction(SHELF, "readwrite");
    const shelf = change.objectStore(SHELF);
    for (const [name, record] of records) if (record) shelf.put(record, name);
    for (const name of gone) shelf.delete(name);
    change.oncomplete = done;
    change.onerror = change.onabort = () => failed(change.error);
  });
}

function answered(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}
