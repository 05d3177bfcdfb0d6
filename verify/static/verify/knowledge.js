// Two ways of knowing a key and a list: what this device kept, and what the city says now. Both say how old it is.

import { NotTrusted } from "./jws.js";
import { fetchLists, fetchSigners, signersIn, Unreachable } from "./lists.js";
import { isAmong } from "./packing.js";

/** From the device alone; each answer has its `iat`. What was kept under a superseded delegation counts no more. */
export function kept({ config, memory, store }) {
  const known = (name) => {
    const record = store.get(name);
    return record && record.seq >= memory.recall(config.city).seq ? record : null;
  };
  return {
    async signers(kid, issuedAt) {
      const [single, directory] = [known(`key/${kid}`), known("directory")];
      if (single && !(directory?.iat > single.iat)) return { signers: single.signers, iat: single.iat };
      const signers = directory ? signersIn(directory, kid) : [];
      // A whole directory that is younger than the paper would name its key; an older one cannot.
      if (!signers.length && !(directory?.iat > issuedAt)) throw new Unreachable("not kept");
      return { signers, iat: directory.iat };
    },
    async lists(number, signer) {
      const lists = known(`list/${number}`);
      if (!lists || lists.issuer !== signer.issuer.did) throw new Unreachable("not kept");
      return lists;
    },
  };
}

/**
 * From the network, and kept; where that gives nothing to rely on, what was kept. Answers that came just now have no
 * `iat`, those from the device do. `trouble` says why: "offline" or "not-trusted".
 */
export function current(context) {
  const before = kept(context);
  const source = {
    trouble: null,
    async signers(kid, issuedAt) {
      return orKept(
        async () => {
          const found = await fetchSigners(kid, context);
          if (found === null) throw new NotKnown("the city knows no such key");
          const last = await before.signers(kid, issuedAt).catch(() => null);
          if (last?.signers.length && last.iat > found.iat) return last; // what came out of some cache brings nothing back
          await context.store.put([[`key/${kid}`, found]]);
          return { signers: found.signers };
        },
        () => before.signers(kid, issuedAt),
      ).catch((error) => {
        if (error instanceof NotKnown) return { signers: [] };
        throw error;
      });
    },
    async lists(number, signer) {
      return orKept(
        async () => {
          const { overdue, ...lists } = await fetchLists(number, signer, context, async (kid) => (await source.signers(kid, Infinity)).signers);
          const last = await before.lists(number, signer).catch(() => null);
          if (last?.iat > lists.iat) return last;
          await context.store.put([[`list/${number}`, { ...lists, seq: context.memory.recall(context.config.city).seq }]]);
          return { ...lists, iat: undefined, asOf: lists.iat, overdue };
        },
        () => before.lists(number, signer),
      );
    },
  };
  async function orKept(ask, recall) {
    try {
      return await ask();
    } catch (error) {
      const instead = await recall().catch(() => null);
      if (!instead || (error instanceof NotKnown && !instead.signers.length)) throw error;
      source.trouble = error instanceof NotTrusted ? "not-trusted" : "offline";
      return instead;
    }
  }
  return source;
}

class NotKnown extends Error {}

/** What three lists say of one place in them. */
export function standing(lists, index) {
  return { revoked: isAmong(lists.revocation, index), suspended: isAmong(lists.suspension, index), replaced: isAmong(lists.replacement, index) };
}
