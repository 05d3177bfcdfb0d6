// Runs verifiers by others on what the tests hand it: one JSON request a line on stdin, one answer on stdout.
// Every TLS connection goes to the test's own server, whatever the host; besides it this machine alone is reached.
import {readFileSync} from 'node:fs';
import net from 'node:net';
import readline from 'node:readline';
import tls from 'node:tls';

const {INTEROP_PORT, INTEROP_OB_CONTEXTS} = process.env;
const connect = tls.connect;
tls.connect = (options, ...rest) => connect({
  ...options, host: '127.0.0.1', port: Number(INTEROP_PORT), servername: options.servername || options.host
}, ...rest);
const plain = net.connect;
net.connect = net.createConnection = (options, ...rest) => {
  if(options.host !== 'localhost') {
    throw new Error(`Not asked over plain http: ${options.host}`);
  }
  return plain(options, ...rest);
};
console.log = console.error; // stdout carries answers alone

const [
  vc, {DataIntegrityProof}, {cryptosuite: eddsaRdfc2022}, {cryptosuite: ecdsaRdfc2019}, {Ed25519Signature2020, suiteContext},
  {Ed25519VerificationKey2020}, Ed25519Multikey, EcdsaMultikey, {CachedResolver}, didKey, didWeb,
  {JsonLdDocumentLoader}, credentialsContext, {default: dataIntegrityContext}, {default: multikeyContext},
  {checkStatus, createCredential, createList}, {httpClient}, {verifyCredential}
] = await Promise.all([
  import('@digitalbazaar/vc'),
  import('@digitalbazaar/data-integrity'),
  import('@digitalbazaar/eddsa-rdfc-2022-cryptosuite'),
  import('@digitalbazaar/ecdsa-rdfc-2019-cryptosuite'),
  import('@digitalbazaar/ed25519-signature-2020'),
  import('@digitalbazaar/ed25519-verification-key-2020'),
  import('@digitalbazaar/ed25519-multikey'),
  import('@digitalbazaar/ecdsa-multikey'),
  import('@digitalbazaar/did-io'),
  import('@digitalbazaar/did-method-key'),
  import('@digitalbazaar/did-method-web'),
  import('jsonld-document-loader'),
  import('@digitalbazaar/credentials-context'),
  import('@digitalbazaar/data-integrity-context'),
  import('@digitalbazaar/multikey-context'),
  import('@digitalbazaar/vc-bitstring-status-list'),
  import('@digitalbazaar/http-client'),
  import('@digitalcredentials/verifier-core')
]);

// -- @digitalbazaar/vc, put together as its makers describe it --------------------------------------------
function documentLoader() {
  const loader = new JsonLdDocumentLoader();
  const known = [...credentialsContext.contexts, ...dataIntegrityContext.contexts, ...multikeyContext.contexts,
    ...suiteContext.contexts];
  for(const [url, context] of known) {
    loader.addStatic(url, context);
  }
  for(const [url, file] of Object.entries(JSON.parse(INTEROP_OB_CONTEXTS))) {
    loader.addStatic(url, JSON.parse(readFileSync(file, 'utf8')));
  }
  const resolver = new CachedResolver({max: 1, maxAge: 1}); // the next test may be another city
  const [key, web] = [didKey.driver(), didWeb.driver()];
  for(const [header, from] of [['z6Mk', Ed25519Multikey.from], ['zDna', EcdsaMultikey.from]]) {
    key.use({multibaseMultikeyHeader: header, fromMultibase: from});
    web.use({multibaseMultikeyHeader: header, fromMultibase: from});
  }
  resolver.use(key);
  resolver.use(web);
  loader.setDidResolver(resolver);
  for(const protocol of ['https', 'http']) {
    loader.setProtocolHandler({protocol, handler: {get: async ({url}) => (await httpClient.get(url)).data}});
  }
  return loader.build();
}

const suites = () => [
  new DataIntegrityProof({cryptosuite: eddsaRdfc2022}),
  new DataIntegrityProof({cryptosuite: ecdsaRdfc2019}),
  new Ed25519Signature2020()
];

async function digitalbazaar({credential}) {
  const presentation = {
    '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'],
    verifiableCredential: [credential]
  };
  const found = await vc.verify({
    presentation, unsignedPresentation: true, includeCredentials: true, suite: suites(), checkStatus,
    documentLoader: documentLoader()
  });
  const [one] = found.credentialResults ?? [];
  return {
    verified: found.verified, credential: one?.credential ?? null,
    // "verified" means that the bit could be read; what it says is left to whoever asks
    set: (one?.statusResult?.results ?? []).filter(each => each.status)
      .map(each => each.credentialStatus.statusPurpose),
    why: reasons(one?.error ?? found.error ?? one?.statusResult?.error)
  };
}

// Everything that an error and its causes say.
function reasons(error) {
  return error ? [error.message, ...(error.errors ?? []).flatMap(reasons), ...reasons(error.cause)] : [];
}

// -- @digitalcredentials/verifier-core --------------------------------------------------------------------
async function verifierCore({credential, registry}) {
  const knownDIDRegistries = [{name: 'Casablanca', type: 'dcc-legacy', url: registry}];
  const found = await verifyCredential({credential, knownDIDRegistries});
  return {
    log: found.log ?? null, errors: (found.errors ?? []).map(({name, message}) => ({name, message})),
    credential: found.credential ?? null, schemas: found.additionalInformation ?? null
  };
}

// -- Documents that others issue --------------------------------------------------------------------------
const makers = {
  'eddsa-rdfc-2022': async () => {
    const key = await Ed25519Multikey.generate();
    return [key, suite => new DataIntegrityProof({signer: suite, cryptosuite: eddsaRdfc2022})];
  },
  'ecdsa-rdfc-2019': async () => {
    const key = await EcdsaMultikey.generate({curve: 'P-256'});
    return [key, suite => new DataIntegrityProof({signer: suite, cryptosuite: ecdsaRdfc2019})];
  },
  Ed25519Signature2020: async () => {
    const key = await Ed25519VerificationKey2020.generate();
    return [key, signer => new Ed25519Signature2020({signer})];
  }
};

async function issuer(suite) {
  const [key, secured] = await makers[suite]();
  const multibase = key.publicKeyMultibase ?? (await key.export({publicKey: true})).publicKeyMultibase;
  const did = `did:key:${multibase}`;
  key.id = `${did}#${multibase}`;
  key.controller = did;
  const sign = async credential => vc.issue({
    credential: {...credential, issuer: typeof credential.issuer === 'object' ? {...credential.issuer, id: did} : did},
    suite: secured(key.signer()), documentLoader: documentLoader()
  });
  return sign;
}

async function issue({credential, suite}) {
  return (await issuer(suite))(credential);
}

// A credential, and the list that says which were revoked, by one issuer.
async function issueListed({credential, list: id, revoked}) {
  const sign = await issuer('eddsa-rdfc-2022');
  const list = await createList({length: 131072});
  revoked.forEach(index => list.setStatus(index, true));
  const listed = await createCredential({id, list, statusPurpose: 'revocation'});
  listed.validFrom = new Date(Date.now() - 60000).toISOString().slice(0, -5) + 'Z';
  return {credential: await sign(credential), list: await sign(listed)};
}

// -- One request after the other --------------------------------------------------------------------------
const offered = {digitalbazaar, verifierCore, issue, issueListed};
process.stdout.write(`${JSON.stringify({ready: process.version})}\n`);
for await (const line of readline.createInterface({input: process.stdin})) {
  const {what, ...request} = JSON.parse(line);
  let answer;
  try {
    answer = {answer: await offered[what](request)};
  } catch(error) {
    answer = {error: [error.name, ...reasons(error)].join(' · ')};
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
