/**
 * A signed head: what the ledger's last entry was at an instant, under the centre's key. One line of JSON, so that a file
 * of them can be read by a person, copied to another machine, and appended to by nothing but an append.
 */
import { canonicalJson } from '#model/hash.ts';
import type { EpochMs } from '#model/time.ts';

/** What the first entry hangs on. */
export const GENESIS = '0'.repeat(64);

export type LedgerHead = { readonly seq: number; readonly hash: string };
export type SignedHead = LedgerHead & {
  readonly atMs: EpochMs;
  /** Fingerprint of the public key: SHA-256 of its DER form, hexadecimal. */
  readonly key: string;
  /** DER (SPKI), base64: a line can be checked by itself. */
  readonly publicKey: string;
  /** Ed25519 over `headText`, base64. */
  readonly signature: string;
};

/** What is signed. */
export const headText = ({ seq, hash, atMs, key }: Omit<SignedHead, 'publicKey' | 'signature'>): string =>
  canonicalJson({ what: 'fengsui-ledger-head', seq, hash, atMs, key });

export const headLine = (head: SignedHead): string => `${JSON.stringify({ what: 'fengsui-ledger-head', ...head })}\n`;

const isHex = (raw: unknown): raw is string => typeof raw === 'string' && /^[0-9a-f]{64}$/.test(raw);
const isWord = (raw: unknown): raw is string => typeof raw === 'string' && /^[A-Za-z0-9+/=]{1,500}$/.test(raw);

function parseHead(line: string): SignedHead | null {
  let raw: { readonly [field: string]: unknown };
  try {
    raw = JSON.parse(line) as { readonly [field: string]: unknown };
  } catch {
    return null;
  }
  if (typeof raw !== 'object' || raw === null) return null;
  const { seq, hash, atMs, key, publicKey, signature } = raw as { readonly [K in keyof SignedHead]?: unknown };
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) return null;
  if (typeof atMs !== 'number' || !isHex(hash) || !isHex(key) || !isWord(publicKey) || !isWord(signature)) return null;
  return { seq, hash, atMs, key, publicKey, signature };
}

export type HeadLines = {
  readonly heads: readonly SignedHead[];
  /** The first line that is no head, counted from 1; null when all are. A last line that was cut off in writing counts as none. */
  readonly badLine: number | null;
};

export function parseHeads(text: string): HeadLines {
  const lines = text.split('\n');
  // After the last newline stands nothing, or what a crash left of a line.
  lines.pop();
  const heads: SignedHead[] = [];
  let badLine: number | null = null;
  for (const [index, line] of lines.entries()) {
    const head = parseHead(line);
    if (head !== null) heads.push(head);
    else badLine ??= index + 1;
  }
  return { heads, badLine };
}
