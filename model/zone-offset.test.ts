import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatInZone } from '#model/time.ts';
import { openZoneOffset } from '#model/zone-offset.ts';

const ZONES = ['UTC', 'Asia/Shanghai', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns', 'Australia/Lord_Howe'];
const offsets = new Map(ZONES.map((zone) => [zone, openZoneOffset(zone)]));

it('makes of an instant what clocks of the zone show, changes of the clock included', () => {
  const anInstant = fc.integer({ min: Date.UTC(1985, 0, 1) / 1_000, max: Date.UTC(2061, 0, 1) / 1_000 });
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), anInstant, (zone, seconds) => {
      const atMs = seconds * 1_000;
      const shown = new Date(atMs + (offsets.get(zone)?.(atMs) ?? 0)).toISOString().slice(0, 19);
      expect(shown).toBe(formatInZone(atMs, zone).slice(0, 19));
    }),
    { numRuns: 2_000, verbose: 1 },
  );
});
