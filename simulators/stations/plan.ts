/** Makes the stations' side of the links that an edge listens on. */
import type { LinkConfig } from '#model/edge-config.ts';
import type { Lint } from '#model/result.ts';
import type { Behaviour } from '#simulators/behaviour.ts';
import { isValueFault, type TimedFault } from '#simulators/fault.ts';
import type { Scenario } from '#simulators/scenario.ts';
import type { StationLink, StationWire } from '#simulators/stations/config.ts';
import { canSend } from '#simulators/stations/report.ts';

/** Rain that stands still; levels and voltages at rest. */
const QUIET_RAIN: Behaviour = { kind: 'tipping', perTip: 0.2, intensity: [{ atMs: 0, perHour: 0 }] };
const QUIET: Behaviour = { kind: 'constant', value: 0, noise: 0 };
const isRain = (element: string): boolean => /^(1[A-F]|2[0-6]|F4)$/.test(element);

/** A report is sent again after so long (mode M2). */
const CONFIRM_MS = 10_000;
/** An edge that listens everywhere is reached on loopback. */
const LOOPBACK = '127.0.0.1';
const ANY = ['0.0.0.0', '::'];

function wireOf(link: LinkConfig): StationWire {
  if (link.kind === 'serial') return { kind: 'pty', edgePath: link.path, baudRate: link.baudRate };
  return { kind: 'tcp', host: ANY.includes(link.host) ? LOOPBACK : link.host, port: link.port };
}

/** The stations of a link are its units 1, 2, 3 … in their order; a fault of values strikes a sensor's element. */
function faultsOf(link: LinkConfig, scenario: Scenario): readonly TimedFault[] {
  return scenario.faults.flatMap(({ target, timed }): readonly TimedFault[] => {
    if (target.kind === 'bus') return target.busId === link.id ? [timed] : [];
    return link.stations.flatMap(({ sensors }, index) => {
      const element = sensors.find(({ sensorId }) => sensorId === target.sensorId)?.element;
      if (element === undefined) return [];
      return [{ ...timed, unitId: index + 1, register: isValueFault(timed.fault) ? element : null }];
    });
  });
}

/** Undefined for a protocol that is not simulated; `stationLints` says so. */
export function planLink(link: LinkConfig, scenario: Scenario): StationLink | undefined {
  if (link.protocol !== 'sl651') return undefined;
  return {
    id: link.id,
    protocol: link.protocol,
    wire: wireOf(link),
    stations: link.stations.map(({ station, centre, password, reportMs, sensors }) => ({
      station,
      centre,
      password,
      reportMs,
      elements: sensors.map(({ sensorId, element }) => ({
        element,
        behaviour: scenario.sensors.get(sensorId) ?? (isRain(element) ? QUIET_RAIN : QUIET),
      })),
    })),
    faults: faultsOf(link, scenario),
    confirmMs: CONFIRM_MS,
  };
}

/** What of an edge's links the simulator cannot play; a warning, since a real station may stand there. */
export function stationLints(file: string, links: readonly LinkConfig[]): readonly Lint[] {
  const lint = (path: string, message: string): Lint => ({
    ...{ file, line: 0, column: 0, path, kind: 'not-simulated', message, severity: 'warning' },
  });
  return links.flatMap((link) =>
    link.protocol !== 'sl651'
      ? [lint(`links.${link.id}`, `stations of ${link.protocol} are not simulated`)]
      : link.stations.flatMap(({ sensors }) =>
          sensors
            .filter(({ element }) => !canSend(element))
            .map(({ sensorId, element }) =>
              lint(`sensors.${sensorId}`, `element ${element} is not simulated, ${sensorId} stays silent`),
            ),
        ),
  );
}
