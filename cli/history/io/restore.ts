/**
 * Checks a backup and puts it back: every byte against the list, into folders beside the wanted ones, which get their
 * names at the very end, the data folder last. A restore that was cut off leaves nothing that a centre would start on.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { restoredSql } from '#alerts/io/restored.ts';
import { type BackupFile, MANIFEST, type Manifest, parseManifest } from '#cli/history/manifest.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import { draftOf, type OnProgress } from './backup.ts';
import { copyFile, digestOfFile, filesBelow, flushFolder, flushFolders } from './whole.ts';

export type RestoreWish = {
  readonly backup: string;
  readonly dataDir: string;
  readonly countyDir: string;
  readonly anchorFile: string;
  /** By the chain's clock. */
  readonly chainAtMs: (restoredData: string) => EpochMs;
};
export type RestoreDone = { readonly manifest: Manifest; readonly notes: readonly string[] };

export function readManifest(backup: string): Result<Manifest, string> {
  const path = join(backup, MANIFEST);
  if (!existsSync(path))
    return err(`There is no ${MANIFEST} in ${backup}: this is no backup, or one that was never finished.`);
  return parseManifest(readFileSync(path, 'utf8'));
}

/** Every difference between the list and the folder, in words. */
export async function checkBackup(
  backup: string,
  manifest: Manifest,
  onProgress: OnProgress,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const of = manifest.files.reduce((sum, { bytes }) => sum + bytes, 1);
  let done = 0;
  for (const file of manifest.files) {
    const path = join(backup, file.path);
    if (!existsSync(path)) {
      faults.push(`${file.path} is missing`);
      continue;
    }
    const found = await digestOfFile(path, (bytes) => {
      done += bytes;
      onProgress(file.path, done, of);
    });
    const fault = differs(file, found);
    if (fault !== null) faults.push(fault);
  }
  const listed = new Set(manifest.files.map(({ path }) => path));
  for (const { path } of await filesBelow(backup))
    if (path !== MANIFEST && !listed.has(path)) faults.push(`${path} is not in the list`);
  return faults;
}

function differs(file: BackupFile, found: { readonly bytes: number; readonly sha256: string }): string | null {
  if (found.bytes !== file.bytes) return `${file.path} has ${found.bytes} bytes and should have ${file.bytes}`;
  return found.sha256 === file.sha256 ? null : `${file.path} has other content than when the backup was taken`;
}

const isFree = (path: string): boolean =>
  !existsSync(path) || (statSync(path).isDirectory() && readdirSync(path).length === 0);

export async function restoreBackup(wish: RestoreWish, onProgress: OnProgress): Promise<Result<RestoreDone, string>> {
  const { backup, dataDir, countyDir } = wish;
  const read = readManifest(backup);
  if (!read.ok) return read;
  const manifest = read.value;
  if (!isFree(dataDir))
    return err(`${dataDir} is not empty: a restore never writes over data. Name a folder that does not exist.`);
  const hasCounty = manifest.files.some(({ path }) => path.startsWith('county/'));
  const countyStands = !isFree(countyDir);
  if (hasCounty && countyStands && !(await isSameCounty(manifest, countyDir)))
    return err(
      `${countyDir} holds other county files than the backup: name a folder that does not exist with --county, and compare the two afterwards.`,
    );
  const drafts = { data: draftOf(dataDir), county: draftOf(countyDir), anchors: draftOf(wish.anchorFile) };
  const clear = () => {
    for (const path of Object.values(drafts)) rmSync(path, { recursive: true, force: true });
  };
  clear();
  try {
    mkdirSync(drafts.data, { recursive: true, mode: 0o700 });
    await copyChecked(backup, manifest, drafts, onProgress);
    markDoubt(drafts.data, manifest, wish.chainAtMs(drafts.data));
    await flushFolders(drafts.data);
    const notes = [...manifest.notes];
    if (hasCounty && !countyStands) await giveName(drafts.county, countyDir);
    if (existsSync(drafts.anchors)) {
      if (existsSync(wish.anchorFile))
        notes.push(
          `${wish.anchorFile} was there and was kept. If it holds heads of entries that came after the backup, fengsui audit verify says "truncated": that is the truth, and those heads prove what was lost.`,
        );
      else renameSync(drafts.anchors, wish.anchorFile);
    }
    await giveName(drafts.data, dataDir);
    return ok({ manifest, notes });
  } catch (cause) {
    return err(`Nothing was restored: ${cause instanceof Error ? cause.message : String(cause)}`);
  } finally {
    clear();
  }
}

async function giveName(draft: string, path: string): Promise<void> {
  await flushFolders(draft);
  if (existsSync(path)) rmSync(path, { recursive: true });
  renameSync(draft, path);
  flushFolder(dirname(resolve(path)));
}

async function isSameCounty(manifest: Manifest, countyDir: string): Promise<boolean> {
  for (const file of manifest.files) {
    if (!file.path.startsWith('county/')) continue;
    const path = join(countyDir, file.path.slice('county/'.length));
    if (!existsSync(path) || differs(file, await digestOfFile(path, () => {})) !== null) return false;
  }
  return true;
}

/** What is copied is what is checked: a disk that reads differently the second time is found. */
async function copyChecked(
  backup: string,
  manifest: Manifest,
  drafts: { readonly data: string; readonly county: string; readonly anchors: string },
  onProgress: OnProgress,
): Promise<void> {
  const placeOf = (path: string): string => {
    if (path === 'anchors.jsonl') return drafts.anchors;
    return path.startsWith('county/')
      ? join(drafts.county, path.slice('county/'.length))
      : join(drafts.data, path.slice('data/'.length));
  };
  const of = manifest.files.reduce((sum, { bytes }) => sum + bytes, 1);
  let done = 0;
  for (const file of manifest.files) {
    const from = join(backup, file.path);
    if (!existsSync(from)) throw new Error(`${file.path} is missing from the backup; take another one`);
    const found = await copyFile(
      from,
      placeOf(file.path),
      (bytes) => {
        done += bytes;
        onProgress(file.path, done, of);
      },
      file.bytes === 0 ? 0 : undefined,
    );
    const fault = differs(file, found);
    if (fault !== null) throw new Error(`${fault}; the backup is damaged, take another one`);
  }
}

/** Nobody stays signed in, and what may have been told already goes out marked as a repeat. */
function markDoubt(dataDir: string, manifest: Manifest, chainAtMs: EpochMs): void {
  const change = (path: string, sql: string): void => {
    if (!existsSync(join(dataDir, path))) return;
    const db = new DatabaseSync(join(dataDir, path));
    try {
      db.exec('PRAGMA synchronous=FULL');
      db.exec(`BEGIN;\n${sql}\nCOMMIT`);
    } finally {
      db.close();
    }
  };
  change('alerts/alerts.sqlite', restoredSql(manifest.chainAtMs, chainAtMs));
  change('console/auth.sqlite', 'DELETE FROM sessions;');
}
