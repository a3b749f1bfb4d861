/** The token, read anew whenever the database refuses it: whoever changes the file need not start anything again. */
import { readFileSync } from 'node:fs';
import type { InfluxTarget } from '#model/history.ts';

/** Undefined where no file is named, or where it cannot be read: then the database says that it wants one. */
export function readToken({ tokenFile }: InfluxTarget): string | undefined {
  if (tokenFile === undefined) return undefined;
  try {
    return readFileSync(tokenFile, 'utf8').trim();
  } catch {
    return undefined;
  }
}
