/** The short form of the fuzz run; `fengsui dev fuzz --frames 1000000` is the long one. */
import { describe, expect, test } from 'vitest';
import { decodeSl651 } from '#edge/sl651/report.ts';
import { crc8Slow, crc16Slow } from '#test/fuzz/checksums.ts';
import { runFuzz } from '#test/fuzz/run.ts';
import { FUZZ_TARGETS } from '#test/fuzz/targets.ts';

const seed = Number(process.env['FENGSUI_FUZZ_SEED'] ?? Math.floor(Math.random() * 1e9));

describe('spoiled frames', () => {
  test(`of every parser crash nothing, and none is taken with a wrong checksum (FENGSUI_FUZZ_SEED=${seed})`, () => {
    const result = runFuzz({ frames: 30_000, seed });
    expect(result.findings).toEqual([]);
    expect(Object.keys(result.targets)).toHaveLength(FUZZ_TARGETS.length);
    // Every target takes some, so that what lies behind its checksum is reached.
    for (const [name, { frames, accepted }] of Object.entries(result.targets)) {
      expect(accepted, name).toBeGreaterThan(0);
      expect(accepted, name).toBeLessThan(frames);
    }
  }, 60_000);

  test('that are taken although their checksum is wrong are found', () => {
    const [target] = FUZZ_TARGETS.filter(({ name }) => name === 'sl651-hex');
    if (target === undefined) throw new Error('there is no such target');
    const blind = {
      ...target,
      run: (bytes: Uint8Array) => ({ accepted: true, ...(decodeSl651(bytes).ok ? {} : { finding: 'x' }) }),
    };
    expect(runFuzz({ frames: 200, seed: 1, targets: [blind] }).findings.length).toBeGreaterThan(0);
    const throwing = {
      ...target,
      run: () => {
        throw new Error('no');
      },
    };
    expect(runFuzz({ frames: 1, seed: 1, targets: [throwing] }).findings[0]).toContain('threw Error: no');
  });

  test('are checked against checksums of their own', () => {
    const check = new TextEncoder().encode('123456789');
    expect([crc16Slow(check), crc8Slow(check)]).toEqual([0x4b37, 0xf7]);
  });
});
