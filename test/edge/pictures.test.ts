import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPictures } from '#edge/io/link-pictures.ts';
import { tempDir } from './support.ts';

let folder: ReturnType<typeof tempDir>;
beforeEach(() => {
  folder = tempDir();
});
afterEach(() => folder.remove());

const AT = Date.UTC(2026, 5, 1);

it('a picture that could not be kept whole leaves nothing behind, and what a crash left goes with the oldest', () => {
  const pictures = openPictures(folder.path);
  const kept = pictures.save('0012345678', AT, '36-1', Uint8Array.of(1, 2, 3));
  expect([...readFileSync(kept)]).toEqual([1, 2, 3]);
  // A folder stands where the picture should go: the rename is refused.
  const place = kept.replace('36-1', '36-2');
  mkdirSync(join(place, 'full'), { recursive: true });
  expect(() => pictures.save('0012345678', AT, '36-2', Uint8Array.of(4))).toThrow();
  expect(readdirSync(join(folder.path, 'pictures')).filter((name) => name.endsWith('.part'))).toEqual([]);
});

it('the bound counts what a loss of power left unfinished', () => {
  const place = join(folder.path, 'pictures');
  mkdirSync(place);
  for (let at = 0; at < 520; at++) writeFileSync(join(place, `x-${at}.jpg.part`), '');
  openPictures(folder.path).save('0012345678', AT, '36-1', Uint8Array.of(1));
  expect(readdirSync(place)).toHaveLength(500);
});
