import { describe, expect, it } from 'vitest';
import {
  ALL_UNITS,
  formatDuration,
  longestScanMs,
  parseBauds,
  parseParities,
  parseUnits,
  probeTimeoutMs,
  settingsOf,
} from './scan-plan.ts';

describe('the plan of a scan', () => {
  it('takes units, speeds and parities as people write them, and names what is none', () => {
    expect(parseUnits('1-3, 80')).toEqual({ ok: true, value: [1, 2, 3, 80] });
    for (const wrong of ['0', '248', '5-3', 'x', '1-', '']) expect(parseUnits(wrong).ok).toBe(false);
    expect(parseBauds('9600, 115200')).toEqual({ ok: true, value: [9600, 115200] });
    for (const wrong of ['96k', '0', '9600,', '9600.5']) expect(parseBauds(wrong).ok).toBe(false);
    expect(parseParities('even,none')).toEqual({ ok: true, value: ['none', 'even'] });
    for (const wrong of ['mark', '', 'none,x']) expect(parseParities(wrong).ok).toBe(false);
    expect(ALL_UNITS).toHaveLength(247);
  });

  it('tries every speed before the next parity, and says beforehand how long it may take', () => {
    const settings = settingsOf([9600, 1200], ['none', 'even']);
    expect(settings.map(({ baudRate, parity }) => `${baudRate} ${parity}`)).toEqual([
      '9600 none',
      '1200 none',
      '9600 even',
      '1200 even',
    ]);
    expect(probeTimeoutMs({ baudRate: 9600, parity: 'none' }, 100)).toBe(116);
    expect(probeTimeoutMs({ baudRate: 1200, parity: 'even' }, 100)).toBe(238);
    expect(longestScanMs(settings.slice(0, 1), 247, 100)).toBe(247 * 2 * 121);
    expect([formatDuration(59_001), formatDuration(3_723_000)]).toEqual(['1:00', '1:02:03']);
  });
});
