/** A drill that has ended, for the console's tests. */
import type { Drill, DrillReader } from '#model/drill.ts';

const DRILL: Drill = {
  id: 'dr-1',
  name: { zh: '演练', en: 'drill' },
  gridCode: '999900001001',
  broadcast: false,
  endsAfterMs: 60_000,
  steps: [{ afterMs: 0, pointId: 'slope-1', hazard: 'landslide', level: 'red', reason: { zh: '演练', en: 'drill' } }],
  state: 'ended',
  startedAtMs: 1_000,
  startedBy: 'p-head',
  endedAtMs: 61_000,
  stepsDone: 1,
  alertIds: [],
};

export const fakeDrills: DrillReader = {
  list: () => [DRILL],
  get: (id) => (id === 'dr-1' || /^d[0-9a-f]{16}$/.test(id) ? { ...DRILL, id } : undefined),
  report: (id) =>
    id !== 'dr-1'
      ? undefined
      : {
          drillId: id,
          name: DRILL.name,
          gridCode: DRILL.gridCode,
          broadcast: false,
          startedAtMs: 1_000,
          endedAtMs: 61_000,
          endedBy: 'alerts',
          stepsDone: 1,
          steps: 1,
          alertIds: [],
          times: [],
          tiers: [],
          notReached: [],
          evacuations: [],
          channels: [],
          text: DRILL.name,
        },
};
