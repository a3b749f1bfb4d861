/** The centre's key for signing heads: Ed25519, made at the first start, readable by its owner only. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { headText, type LedgerHead, type SignedHead } from '../../ledger/heads.ts';

export const keyPath = (dataDir: string): string => join(dataDir, 'alerts', 'ledger-key.pem');
export const publicKeyPath = (dataDir: string): string => join(dataDir, 'alerts', 'ledger-key.pub.pem');

export const fingerprintOf = (der: Buffer): string => createHash('sha256').update(der).digest('hex');
const derOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

export type SigningKey = {
  readonly fingerprint: string;
  /** It was made just now. */
  readonly isNew: boolean;
  readonly sign: (head: LedgerHead, atMs: number) => SignedHead;
};

/** Whole or not at all: a process that dies on the way leaves no half a key. */
function writeOnce(path: string, text: string, mode: number): void {
  writeFileSync(`${path}.new`, text, { mode, flush: true });
  renameSync(`${path}.new`, path);
}

export function openSigningKey(dataDir: string): SigningKey {
  const path = keyPath(dataDir);
  const isNew = !existsSync(path);
  if (isNew) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync('ed25519');
    writeOnce(path, String(privateKey.export({ type: 'pkcs8', format: 'pem' })), 0o600);
  }
  const privateKey = createPrivateKey(readFileSync(path));
  const publicKey = createPublicKey(privateKey);
  writeOnce(publicKeyPath(dataDir), String(publicKey.export({ type: 'spki', format: 'pem' })), 0o644);
  const der = derOf(publicKey);
  const fingerprint = fingerprintOf(der);
  return {
    fingerprint,
    isNew,
    sign: ({ seq, hash }, atMs) => {
      const head = { seq, hash, atMs, key: fingerprint };
      const signature = sign(null, Buffer.from(headText(head)), privateKey).toString('base64');
      return { ...head, publicKey: der.toString('base64'), signature };
    },
  };
}

export type PublicKey = { readonly fingerprint: string; readonly pem: string };

/** The public key beside the ledger; undefined when there is none yet, or it cannot be read as one. */
export function readPublicKey(dataDir: string): PublicKey | undefined {
  try {
    const pem = readFileSync(publicKeyPath(dataDir), 'utf8');
    return { fingerprint: fingerprintOf(derOf(createPublicKey(pem))), pem };
  } catch {
    return undefined;
  }
}

/** Whether the head is signed by the key that it names. */
export function isSigned(head: SignedHead): boolean {
  try {
    const der = Buffer.from(head.publicKey, 'base64');
    if (fingerprintOf(der) !== head.key) return false;
    const key = createPublicKey({ key: der, type: 'spki', format: 'der' });
    return (
      key.asymmetricKeyType === 'ed25519' &&
      verify(null, Buffer.from(headText(head)), key, Buffer.from(head.signature, 'base64'))
    );
  } catch {
    return false;
  }
}
