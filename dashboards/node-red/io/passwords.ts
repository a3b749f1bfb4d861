/** The passwords that Node-RED is entered by: random, kept only as bcrypt hashes, shown once to whoever starts it. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeWhole } from '../../../model/io/write-whole.ts';
import { requireOfPackage } from './place.ts';

export type Locks = { readonly editorHash: string; readonly pagesHash: string; readonly credentialSecret: string };
/** What is new at this start, in clear; it is nowhere else. */
export type NewPasswords = { readonly editor: string; readonly pages: string };

/** Of a random password of 96 bits: the hash only has to slow down whoever stole the file. */
const BCRYPT_ROUNDS = 10;
const newPassword = (): string => randomBytes(12).toString('base64url');

function readLocks(file: string): Partial<Locks> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<Locks>;
  } catch {
    return {};
  }
}

/**
 * The locks as they stand in `file`; what is missing is made. The secret of the credentials stays when passwords are
 * renewed: without it the flows' own credentials could not be read any more.
 */
export function ensureLocks(
  file: string,
  renew: boolean,
): { readonly locks: Locks; readonly shown: NewPasswords | null } {
  const known = readLocks(file);
  const { editorHash, pagesHash, credentialSecret } = known;
  if (!renew && editorHash !== undefined && pagesHash !== undefined && credentialSecret !== undefined)
    return { locks: { editorHash, pagesHash, credentialSecret }, shown: null };
  const { hashSync } = requireOfPackage('bcryptjs') as { hashSync: (text: string, rounds: number) => string };
  const shown = { editor: newPassword(), pages: newPassword() };
  const locks: Locks = {
    editorHash: hashSync(shown.editor, BCRYPT_ROUNDS),
    pagesHash: hashSync(shown.pages, BCRYPT_ROUNDS),
    credentialSecret: credentialSecret ?? randomBytes(32).toString('base64url'),
  };
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeWhole(file, JSON.stringify(locks));
  return { locks, shown };
}
