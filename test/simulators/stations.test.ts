/** Simulated SL 651 stations report to a real edge: every drop of rain once, whatever is not heard, cut or sent again. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { LinkConfig } from '#model/edge-config.ts';
import { formatLint } from '#model/result.ts';
import { startSimulators } from '#simulators/main.ts';
import { planSimulation } from '#simulators/plan.ts';
import { parseScenario } from '#simulators/scenario.ts';
import { scenarioLints } from '#simulators/scenario-lints.ts';
import { readReports, reportLogName } from '#simulators/stations/io/report-log.ts';
import { isConfirmed } from '#simulators/stations/report.ts';
import { tempFolder, testContext, until } from '#test/simulators/support/context.ts';
import { startRig, stationConfig } from '#test/sl651/support.ts';
import { needs } from '#test/support/needs.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});
const folderFor = (): string => {
  const folder = tempFolder();
  cleanups.push(folder.remove);
  return folder.path;
};

const ELEMENTS = ['26', '39', '38', '45-7'];
const SCENARIO = `
seed: 3
startAfterS: 0
sensors:
  - { sensor: s-26, kind: tipping, perTip: 0.5, intensity: [{ atS: 0, mmPerH: 7200 }] }
  - { sensor: s-39, kind: constant, value: 14.42 }
  - { sensor: s-38, kind: constant, value: 12.2 }
  - { sensor: s-45-7, kind: constant, value: 1 }
`;
const stations = { stations: [stationConfig(ELEMENTS, { reportMs: 150 })] };
const listening: LinkConfig = {
  ...{ id: 'hydro', protocol: 'sl651', kind: 'tcp-listen', host: '127.0.0.1', port: 0 },
  ...stations,
};

function planned(link: LinkConfig, folder: string, faults = '') {
  const scenario = parseScenario('s.yaml', SCENARIO + faults);
  if (!scenario.ok) throw new Error(scenario.error.map(formatLint).join('\n'));
  const edges = [{ id: 'edge-test', buses: [], links: [link] }];
  expect(scenarioLints('s.yaml', edges, new Map(), scenario.value)).toEqual([]);
  const plan = planSimulation(edges, new Map(), scenario.value, { dataDir: folder });
  return { ...plan, links: (plan.links ?? []).map((one) => ({ ...one, confirmMs: 150 })) };
}
/** mm that the station has shown from its first report to its last. */
function fallen(folder: string): { readonly reports: number; readonly mm: number } {
  const shown = readReports(join(folder, reportLogName('hydro'))).flatMap(({ groups }) =>
    groups.flatMap(({ elements }) => elements.flatMap(({ id, value }) => (id === '26' ? [Number(value)] : []))),
  );
  return { reports: shown.length, mm: (shown.at(-1) ?? 0) - (shown[0] ?? 0) };
}

describe('simulated stations', () => {
  it('report over TCP, are confirmed, and what they showed is what the centre has', async () => {
    const rig = await startRig(listening);
    cleanups.push(rig.stop);
    const folder = folderFor();
    const service = await startSimulators(planned({ ...listening, port: rig.port() }, folder), testContext());
    cleanups.push(() => service.stop());
    await until('six reports', () => rig.readings('26').length >= 6, 10_000);
    await service.stop();
    const { reports, mm } = fallen(folder);
    await until('all reports', () => rig.readings('26').length === reports);
    const sum = rig
      .readings('26')
      .reduce((total, reading) => total + (reading.quality === 'bad' ? 0 : reading.value), 0);
    expect(mm).toBeGreaterThan(0.5);
    expect(sum).toBe(Math.round(mm * 1_000));
    expect(rig.readings('39').at(-1)).toMatchObject({ quality: 'good', value: 14_420 });
    expect(rig.readings('38').at(-1)).toMatchObject({ value: 1_220 });
    expect(rig.readings('45-7').at(-1)).toMatchObject({ value: 1 });
  });

  it('send again what they hear no confirmation of, and no drop counts twice', async () => {
    const rig = await startRig(listening);
    cleanups.push(rig.stop);
    const folder = folderFor();
    const plan = planned(
      { ...listening, port: rig.port() },
      folder,
      'faults:\n  - { bus: hydro, unit: 1, fault: deaf, durationS: 1 }\n',
    );
    const service = await startSimulators(plan, testContext());
    cleanups.push(() => service.stop());
    await until('six reports', () => rig.readings('26').length >= 6, 10_000);
    await service.stop();
    const { reports, mm } = fallen(folder);
    await until('all reports', () => rig.readings('26').length === reports);
    const sum = rig
      .readings('26')
      .reduce((total, reading) => total + (reading.quality === 'bad' ? 0 : reading.value), 0);
    expect(sum).toBe(Math.round(mm * 1_000));
    expect(rig.counted('resend')).toBeGreaterThan(0);
  });

  it('lose a call when the wire is pulled, dial again, and the rain of the time between arrives', async () => {
    const rig = await startRig(listening);
    cleanups.push(rig.stop);
    const folder = folderFor();
    const plan = planned({ ...listening, port: rig.port() }, folder);
    const service = await startSimulators(plan, testContext());
    cleanups.push(() => service.stop());
    await until('two reports', () => rig.readings('26').length >= 2);
    service.setFault('hydro', null, { kind: 'unplug' });
    const before = rig.readings('26').length;
    await until('reports that nobody hears', () => fallen(folder).reports > before + 1);
    expect(rig.readings('26').length).toBeLessThan(fallen(folder).reports);
    service.setFault('hydro', null, null);
    await until('another report', () => rig.readings('26').length > before + 2);
  });

  it.skipIf(!needs('socat'))(
    'report on a serial line',
    async () => {
      const folder = folderFor();
      const path = join(folder, 'hydro.edge');
      const link: LinkConfig = {
        ...{ id: 'hydro', protocol: 'sl651', kind: 'serial', path, baudRate: 9600, parity: 'none' },
        ...stations,
      };
      const service = await startSimulators(planned(link, folder), testContext());
      cleanups.push(() => service.stop());
      expect(existsSync(path)).toBe(true);
      const rig = await startRig(link);
      cleanups.push(rig.stop);
      await until('a report', () => rig.readings('39').length >= 2, 25_000);
      expect(rig.readings('39').at(-1)).toMatchObject({ value: 14_420 });
    },
    40_000,
  );
});

it('a confirmation is one of this report and no other', () => {
  const frame = Buffer.from('7E7E0012345678021234328008020007141205110002' + '1B0000', 'hex');
  expect(isConfirmed(frame, '0012345678', '32', 7)).toBe(true);
  expect(isConfirmed(frame, '0012345678', '32', 8)).toBe(false);
  expect(isConfirmed(frame, '0012345678', '33', 7)).toBe(false);
  expect(isConfirmed(frame, '0012345679', '32', 7)).toBe(false);
  expect(isConfirmed(new Uint8Array(0), '0012345678', '32', 7)).toBe(false);
});
