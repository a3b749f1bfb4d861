/** The county's files in memory: one finding, and a table that would bring one person and refuses one row. */
import type { ImportReport, RegistryDesk } from '#dashboards/api/registry-desk.ts';

const REPORT: ImportReport = {
  target: 'people/import-people.json',
  written: false,
  changes: true,
  counts: { new: 1, changed: 0, same: 0, gone: 0, refused: 1 },
  refused: [
    { file: 'people.csv', sheet: null, row: 3, column: 'B 电话', message: 'is no number', mend: 'write 11 digits' },
  ],
  unknown: ['备注'],
  kept: [],
  errors: [],
  unreadable: null,
};

export const fakeRegistryDesk: RegistryDesk = {
  check: async (nowMs) => ({
    ok: true,
    value: {
      findings: [
        {
          ...{ kind: 'overlap', severity: 'warning', message: '两村重叠', mend: 'draw the line anew', path: '' },
          ...{ file: 'grids/villages.geojson', line: 4, column: 7 },
          ground: { codes: ['999900001001', '999900001002'], areaM2: 1_200, lon: 109.1, lat: 27.65 },
        },
      ],
      looked: { grids: 6, people: 10 },
      toleranceM2: 100,
      slivers: { count: 0, areaM2: 0 },
      checkedAtMs: nowMs,
    },
  }),
  exportKind: async () => ({ ok: true, value: { bytes: new TextEncoder().encode('姓名,电话\n'), count: 0 } }),
  importFile: async (_file, dryRun) => ({ ok: true, value: { ...REPORT, written: !dryRun } }),
};
