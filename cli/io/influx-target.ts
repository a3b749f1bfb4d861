/** The county's InfluxDB as this machine reaches it: its token file found beside the county's files, read anew when it changes. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { InfluxTarget } from '#model/history.ts';
import type { Registry } from '#model/registry.ts';
import type { Lint } from '#model/result.ts';

/** A relative path of a token file counts from the county's folder. */
export function influxTargetOf(registry: Pick<Registry, 'history'>, countyDir: string): InfluxTarget | undefined {
  const target = registry.history?.influx;
  if (target?.tokenFile === undefined) return target;
  return { ...target, tokenFile: resolve(countyDir, target.tokenFile) };
}

/** `http://127.0.0.1:8086, database fengsui`; an address holds no secret, which `fengsui check` sees to. */
export const influxAddress = ({ url, bucket, database }: InfluxTarget): string =>
  bucket === undefined ? `${url}, database ${database}` : `${url}, bucket ${bucket}`;

const LOOK_EVERY_MS = 1_000;

/** Reads the token; looked at again at most once a second, so that a new one is taken without a restart. */
export function openToken({ tokenFile }: Pick<InfluxTarget, 'tokenFile'>): () => string | undefined {
  let token: string | undefined;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (tokenFile === undefined || performance.now() - lookedAtMs < LOOK_EVERY_MS) return token;
    lookedAtMs = performance.now();
    try {
      token = readFileSync(tokenFile, 'utf8').trim();
    } catch {
      token = undefined; // The database says 401, which names what is missing.
    }
    return token;
  };
}

/** What is wrong with the token file on this machine. */
export function lintTokenFile(file: string, target: InfluxTarget | undefined): readonly Lint[] {
  if (target?.tokenFile === undefined) return [];
  const at = { file, line: 0, column: 0, path: 'history.tokenFile', severity: 'error' } as const;
  const find = (kind: string, message: string, mend: string): readonly Lint[] => [{ ...at, kind, message, mend }];
  const { tokenFile, version } = target;
  const found = statSync(tokenFile, { throwIfNoEntry: false });
  if (found?.isFile() !== true)
    return find('token-file', `there is no token file ${tokenFile}`, 'write the token into it, and chmod 600 it');
  if ((found.mode & 0o077) !== 0)
    return find('token-file', `others can read the token file ${tokenFile}`, `chmod 600 ${tokenFile}`);
  let token: string;
  try {
    token = readFileSync(tokenFile, 'utf8').trim();
  } catch (cause) {
    return find('token-file', `the token file cannot be read (${String(cause)})`, 'give it to whoever runs the centre');
  }
  if (token === '' || /\s/.test(token))
    return find('token-file', `the token file ${tokenFile} holds no token`, 'it holds one line and nothing else');
  if (version === 1 && !token.includes(':'))
    return find(
      'token-file',
      'the token file of a 1.x holds no "user:password"',
      'write name and password, with a colon',
    );
  return [];
}
