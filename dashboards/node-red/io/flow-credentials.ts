/** Node-RED's credentials file: AES-256-CTR under the hash of the secret of its settings, as its own runtime writes it. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** Node id → field → secret. */
export type FlowCredentials = { readonly [nodeId: string]: { readonly [field: string]: string } };

const ALGORITHM = 'aes-256-ctr';
const IV_HEX = 32;
const keyOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

export function encryptCredentials(secret: string, credentials: FlowCredentials): string {
  const iv = randomBytes(IV_HEX / 2);
  const cipher = createCipheriv(ALGORITHM, keyOf(secret), iv);
  const text = cipher.update(JSON.stringify(credentials), 'utf8', 'base64') + cipher.final('base64');
  return JSON.stringify({ $: iv.toString('hex') + text });
}

/** Throws for a text that is none, or one of another secret. */
export function decryptCredentials(secret: string, text: string): FlowCredentials {
  const { $: packed } = JSON.parse(text) as { readonly $: string };
  const decipher = createDecipheriv(ALGORITHM, keyOf(secret), Buffer.from(packed.slice(0, IV_HEX), 'hex'));
  return JSON.parse(
    decipher.update(packed.slice(IV_HEX), 'base64', 'utf8') + decipher.final('utf8'),
  ) as FlowCredentials;
}
