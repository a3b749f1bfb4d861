/** What the tests of reporting stations share: an edge with one link, a centre that acks, reports as a station sends them. */
import { vi } from 'vitest';
import { Outbox } from '#edge/io/outbox.ts';
import { type EdgeService, startEdge } from '#edge/main.ts';
import { decodeSl651 } from '#edge/sl651/report.ts';
import type { LinkConfig, StationConfig } from '#model/edge-config.ts';
import type { Reading } from '#model/reading.ts';
import type { SimulatedElement, SimulatedGroup, StationIdentity } from '#simulators/sl651/encode.ts';
import { dialIn } from '#simulators/sl651/io/station.ts';
import { edgeConfig, startCentre, tempDir, testContext, until } from '#test/edge/support.ts';

export const MINUTE = 60_000;
export const STATION = '0012345678';

export const sensorsOf = (...elements: readonly string[]): StationConfig['sensors'] =>
  elements.map((element) => ({ sensorId: `s-${element}`, element }));

export const stationConfig = (elements: readonly string[], change: Partial<StationConfig> = {}): StationConfig => ({
  ...{ station: STATION, centre: 1, password: '1234', reportMs: 3_600_000, sensors: sensorsOf(...elements) },
  ...change,
});

export const identity = (change: Partial<StationIdentity> = {}): StationIdentity => ({
  ...{ station: STATION, centre: 1, password: '1234', stationClass: 'H', form: 'hex' },
  ...change,
});

export const rain = (mm: string): SimulatedElement => ({ id: '26', value: mm, bytes: 3 });
export const level = (m: string | null): SimulatedElement => ({ id: '39', value: m, bytes: 4 });

export const group = (observedAtMs: number, ...elements: readonly SimulatedElement[]): SimulatedGroup => ({
  observedAtMs,
  elements,
});

/** The start of a minute a little ago, which a station may have measured at. */
export const minuteBefore = (minutes: number): number => Math.floor(Date.now() / MINUTE - minutes) * MINUTE;

export type LinkRig = Awaited<ReturnType<typeof startRig>>;

export async function startRig(link: LinkConfig, folder = tempDir()) {
  const centre = await startCentre();
  const config = { ...edgeConfig(folder.path, centre.port, []), links: [link] };
  let ctx = testContext();
  let edge: EdgeService = await startEdge(config, ctx);
  const counted = (result: string): number =>
    ctx.counts.get(`fengsui_edge_link_frames_total ${link.id} ${result}`) ?? 0;
  return {
    centre,
    folder,
    config,
    counted,
    counts: () => ctx.counts,
    port: () => Number(edge.addresses[0]?.split(':').at(-1)),
    readings: (element: string): readonly Reading[] => centre.readings(`s-${element}`),
    /** The next commits fail as a full disk lets them fail. */
    refuseCommits: (count: number) => {
      const spy = vi.spyOn(Outbox.prototype, 'commit');
      for (let index = 0; index < count; index++)
        spy.mockImplementationOnce(() => {
          spy.mockRestore();
          throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
        });
    },
    restart: async () => {
      await edge.stop();
      ctx = testContext();
      edge = await startEdge(config, ctx);
    },
    stop: async () => {
      await edge.stop();
      await centre.stop();
      folder.remove();
    },
  };
}

/** A station that dials in and waits for what it is told. */
export async function dialRig(rig: LinkRig) {
  const station = await dialIn('127.0.0.1', rig.port());
  const answers = () => {
    const out: string[] = [];
    let bytes = station.heard();
    for (let read = decodeSl651(bytes); read.ok; read = decodeSl651(bytes)) {
      const { frame, report } = read.value;
      out.push(`${frame.func} ${report.serial}${frame.packet === null ? '' : ` packet ${frame.packet.sequence}`}`);
      bytes = bytes.subarray(frame.length);
    }
    return out;
  };
  return {
    ...station,
    answers,
    /** Sends and waits until the centre has said that many things in all. */
    ask: async (bytes: Uint8Array, answersInAll: number) => {
      station.send(bytes);
      await until(`${answersInAll} answers`, () => answers().length >= answersInAll);
    },
  };
}

/** Value in steps and minutes after a start, or the reason. */
export const shown = (readings: readonly Reading[], startMs: number): unknown[] =>
  readings.map((reading) => [
    Math.round((reading.measuredAtMs - startMs) / MINUTE),
    reading.quality === 'bad' ? reading.reason : reading.value,
  ]);
