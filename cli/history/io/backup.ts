/**
 * Takes a backup of a centre, also while it runs: small files first, then the databases in the order that keeps every
 * cursor below what it follows, then the list with their digests. Until the list is on disk there is no backup.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { treatmentOf } from '#cli/history/backup-plan.ts';
import { BACKUP_FORM, type BackupFile, MANIFEST, type Manifest } from '#cli/history/manifest.ts';
import { writeWhole } from '#model/io/write-whole.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import { copyDatabase } from './sqlite-copy.ts';
import { copyFile, digestOfFile, type Found, filesBelow, flushFile, flushFolder, flushFolders } from './whole.ts';

export type BackupWish = {
  readonly dataDir: string;
  readonly countyDir: string;
  /** Signed heads of the ledger outside the data folder. */
  readonly anchorFile: string | undefined;
  readonly target: string;
  readonly version: string;
  readonly county: string;
  readonly takenAtMs: EpochMs;
  readonly chainAtMs: EpochMs;
  /** What is not in it, said to whoever restores. */
  readonly notes: readonly string[];
};
export type BackupDone = { readonly files: number; readonly bytes: number };
export type OnProgress = (what: string, done: number, of: number) => void;

const TRIES = 5;
/** Databases grow while they are copied, and their copies lose nothing to holes. */
const ROOM = 1.05;

/** Beside the target, so that the last step is a rename. */
export const draftOf = (target: string): string => `${target.replace(/\/+$/, '')}.part`;

const isEmptyFolder = (path: string): boolean => statSync(path).isDirectory() && readdirSync(path).length === 0;

export async function takeBackup(wish: BackupWish, onProgress: OnProgress): Promise<Result<BackupDone, string>> {
  const { dataDir, target } = wish;
  if (!existsSync(dataDir)) return err(`There is no data folder ${dataDir}: name the right one with FENGSUI_DATA.`);
  if (existsSync(target) && !isEmptyFolder(target))
    return err(`${target} is there already: name a folder that does not exist; each backup has its own.`);
  const inside = relative(resolve(dataDir), resolve(target));
  if (!inside.startsWith('..'))
    return err(`${target} lies in the data folder: name one outside, best on another disk.`);
  const all = await filesBelow(dataDir);
  const wanted = all.filter(
    ({ path }) => treatmentOf(path).kind !== 'leave' && !isBelow(dataDir, path, wish.countyDir),
  );
  const needed = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  mkdirSync(dirname(resolve(target)), { recursive: true });
  const { bavail, bsize } = statfsSync(dirname(resolve(target)));
  if (bavail * bsize < needed * ROOM)
    return err(
      `${dirname(resolve(target))} has ${Math.floor((bavail * bsize) / 1e6)} MB free and the backup needs about ${Math.ceil((needed * ROOM) / 1e6)} MB: make room, or name another disk.`,
    );
  const draft = draftOf(target);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  try {
    const files = await copyEverything(wish, wanted, draft, onProgress);
    const manifest: Manifest = {
      form: BACKUP_FORM,
      program: 'fengsui',
      version: wish.version,
      takenAt: new Date(wish.takenAtMs).toISOString(),
      chainAtMs: wish.chainAtMs,
      county: wish.county,
      files,
      notes: [...wish.notes],
    };
    writeWhole(join(draft, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`);
    await flushFolders(draft);
    if (existsSync(target)) rmSync(target, { recursive: true });
    renameSync(draft, target);
    flushFolder(dirname(resolve(target)));
    return ok({ files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) });
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true });
    return err(
      `The backup was not taken: ${cause instanceof Error ? cause.message : String(cause)}. Nothing was left behind; see to the disk and try again.`,
    );
  }
}

/** A county that is kept inside the data folder is copied as the county. */
const isBelow = (dataDir: string, path: string, countyDir: string): boolean =>
  !relative(resolve(countyDir), resolve(dataDir, path)).startsWith('..');

async function copyEverything(
  wish: BackupWish,
  wanted: readonly Found[],
  draft: string,
  onProgress: OnProgress,
): Promise<BackupFile[]> {
  const small = wanted.filter(({ path }) => treatmentOf(path).kind === 'file').map(({ path }) => path);
  const databases = wanted
    .flatMap(({ path, bytes }) => {
      const treatment = treatmentOf(path);
      return treatment.kind === 'database' ? [{ path, bytes, turn: treatment.turn }] : [];
    })
    .sort((a, b) => a.turn - b.turn);
  const of = databases.reduce((sum, { bytes }) => sum + bytes, 1);
  const files: BackupFile[] = [];
  if (wish.anchorFile !== undefined && existsSync(wish.anchorFile))
    files.push(await copyLines(wish.anchorFile, 'anchors.jsonl', draft));
  const paired = small.filter((path) => belongsTogether(path));
  files.push(...(await copySteadily(wish.dataDir, paired, 'data', draft)));
  for (const path of small.filter((one) => !belongsTogether(one))) {
    const copied = await copySmall(join(wish.dataDir, path), `data/${path}`, draft).catch(whenGone);
    if (copied !== undefined) files.push(copied);
  }
  let done = 0;
  for (const { path, bytes } of databases) {
    files.push(
      await copyOneDatabase(join(wish.dataDir, path), `data/${path}`, draft, (part) =>
        onProgress(path, done + part * bytes, of),
      ),
    );
    done += bytes;
  }
  const county = (await filesBelow(wish.countyDir)).map(({ path }) => path).filter((path) => !isDraft(path));
  files.push(...(await copySteadily(wish.countyDir, county, 'county', draft)));
  onProgress('', of, of);
  return files;
}

const isDraft = (path: string): boolean => /(?:^|\/)\.|~$|\.(?:new|part|swp)$/.test(path);

/** A password and its hash. */
const belongsTogether = (path: string): boolean => /^(?:broker|secrets|edges)\//.test(path);

/** A file that was taken away since the folder was listed. */
function whenGone(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ENOENT') throw cause;
}

async function copySmall(from: string, path: string, draft: string): Promise<BackupFile> {
  return path.endsWith('.jsonl')
    ? copyLines(from, path, draft)
    : { path, kind: 'file', ...(await copyFile(from, join(draft, path), () => {})) };
}

async function copyOneDatabase(
  from: string,
  path: string,
  draft: string,
  onProgress: (part: number) => void,
): Promise<BackupFile> {
  const to = join(draft, path);
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const schema = await copyDatabase(from, to, (pages, of) => onProgress(of === 0 ? 1 : pages / of));
  await flushFile(to);
  return { path, kind: 'database', ...(await digestOfFile(to, () => {})), schema };
}

/** A file to which lines are being added: the whole ones that are there now. */
async function copyLines(from: string, path: string, draft: string): Promise<BackupFile> {
  const whole = readFileSync(from).lastIndexOf('\n') + 1;
  return { path, kind: 'file', ...(await copyFile(from, join(draft, path), () => {}, whole)) };
}

/** Files that belong together: copied again when one of them was changed meanwhile. */
async function copySteadily(
  folder: string,
  paths: readonly string[],
  name: string,
  draft: string,
): Promise<BackupFile[]> {
  const stamps = async () => {
    const at = new Map((await filesBelow(folder)).map(({ path, stamp }) => [path, stamp]));
    return paths.map((path) => at.get(path) ?? 'gone').join('\n');
  };
  for (let attempt = 1; ; attempt++) {
    const before = await stamps();
    const files: BackupFile[] = [];
    for (const path of paths) {
      const copied = await copySmall(join(folder, path), `${name}/${path}`, draft).catch(whenGone);
      if (copied !== undefined) files.push(copied);
    }
    if ((await stamps()) === before) return files;
    if (attempt === TRIES) throw new Error(`${folder} is being changed all the time: wait until that is done`);
    for (const { path } of files) rmSync(join(draft, path), { force: true });
  }
}
