/** The county that the project ships, as files and as profiles; tests change a copy of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDeviceProfile } from '#cli/load/devices.ts';
import { readCountyFiles } from '#cli/load/io/read-county.ts';
import type { DeviceProfile } from '#model/device-profile.ts';
import { formatLint } from '#model/result.ts';

export const COUNTY_DIR = fileURLToPath(new URL('../../county', import.meta.url));
const DEVICES = new URL('../../devices/', import.meta.url);

export function shippedProfiles(): ReadonlyMap<string, DeviceProfile> {
  const profiles = new Map<string, DeviceProfile>();
  for (const file of readdirSync(DEVICES).filter((name) => name.endsWith('.yaml'))) {
    const parsed = parseDeviceProfile(`devices/${file}`, readFileSync(new URL(file, DEVICES), 'utf8'));
    if (!parsed.ok) throw new Error(parsed.error.map(formatLint).join('\n'));
    profiles.set(parsed.value.id, parsed.value);
  }
  return profiles;
}

export const shippedFiles = (): ReadonlyMap<string, string> => readCountyFiles(COUNTY_DIR);

/** The shipped files with one text replaced, which must be there exactly once. */
export function edited(file: string, from: string, to: string): ReadonlyMap<string, string> {
  const files = new Map(shippedFiles());
  const text = files.get(file) ?? '';
  if (text.split(from).length !== 2) throw new Error(`"${from}" is not in ${file} exactly once`);
  return files.set(
    file,
    text.replace(from, () => to),
  );
}

/** `line:column` of the one place where a text stands. */
export function placeOf(text: string, needle: string, nth = 1): { line: number; column: number } {
  let at = -1;
  for (let count = 0; count < nth; count++) at = text.indexOf(needle, at + 1);
  if (at < 0) throw new Error(`"${needle}" is not there`);
  const before = text.slice(0, at);
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };
}
