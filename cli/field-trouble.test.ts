import { describe, expect, it } from 'vitest';
import { EXIT_CODES, formatTrouble, troubleOf } from './field-trouble.ts';

describe('what keeps a line from being asked', () => {
  it.each([
    ['Error Resource temporarily unavailable Cannot lock port', 'busy', 3],
    ['another program has /dev/ttyUSB0 open: stop it', 'busy', 3],
    ['Error: Permission denied, cannot open /dev/ttyUSB0', 'denied', 4],
    ['Error: No such file or directory, cannot open /dev/ttyUSB0', 'missing', 5],
    ['Inappropriate ioctl for device', 'missing', 5],
    ['connect ECONNREFUSED 127.0.0.1:502', 'refused', 6],
    ['no connection within 5000 ms', 'refused', 6],
    ['the moon is full', 'other', 1],
  ])('%j is told as %s', (detail, kind, exit) => {
    const trouble = troubleOf('/dev/ttyUSB0', detail);
    expect(trouble.kind).toBe(kind);
    expect(EXIT_CODES[trouble.kind]).toBe(exit);
    expect(formatTrouble(trouble)).toMatch(/\/dev\/ttyUSB0.*\n {2}-> ./);
  });
});
