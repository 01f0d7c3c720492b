// Checks the checkpoint and the inclusion proofs of an unpacked bundle with npm's @sigstore/verify.
'use strict';
const { readFileSync, readdirSync } = require('node:fs');
const { createPublicKey } = require('node:crypto');
const { join } = require('node:path');
const { verifyTLogInclusion } = require('@sigstore/verify/dist/tlog');

const [folder, key] = process.argv.slice(2);
const [, name, id, coded] = /^([^+]+)\+([^+]+)\+(.+)$/.exec(key);
// An Ed25519 public key in DER, up to its 32 bytes (RFC 8410).
const head = Buffer.from('302a300506032b6570032100', 'hex');
const der = Buffer.concat([head, decoded(coded).subarray(1)]);
const ledger = {
  baseURL: `https://${name}`,
  logID: Buffer.from(id, 'hex'),
  publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }),
};
const checkpoint = read('checkpoint');
const leaves = read('leaves.jsonl').split('\n').slice(0, -1);
const proofs = readdirSync(join(folder, 'proofs')).sort((one, other) => index(one) - index(other));
if (proofs.length !== leaves.length) throw new Error('as many proofs as leaves');
proofs.forEach((file, at) => {
  const lines = read(`proofs/${file}`).split('\n\n', 1)[0].split('\n');
  const entry = {
    logId: { keyId: ledger.logID },
    canonicalizedBody: Buffer.from(leaves[at]),
    inclusionProof: {
      logIndex: lines[1].replace('index ', ''),
      hashes: lines.slice(2).map(decoded),
      checkpoint: { envelope: checkpoint },
    },
  };
  try {
    verifyTLogInclusion(entry, [ledger]);
  } catch (error) {
    // The package has one code for both, so its words have to tell.
    const what = error.message.includes('signature') ? 'signature' : 'inclusion';
    console.error(`${what} of ${file}: ${error.message}`);
    process.exit(1);
  }
});
console.log(`${leaves.length} leaves of ${checkpoint.split('\n')[1]}`);

function read(file) {
  return readFileSync(join(folder, file), 'utf-8');
}

function index(file) {
  return parseInt(file, 10);
}

function decoded(text) {
  return Buffer.from(text, 'base64');
}
