/** Puts this box's own places into what the centre pushed: the centre writes a line's name, the box knows where it is. */
import type { BusConfig, EdgeConfig, EdgeConfigPush, LinkConfig, OutputConfig } from '../../model/edge-config.ts';
import { hashOf } from '../../model/hash.ts';
import { err, type Lint, ok, type Result } from '../../model/result.ts';

type Lines = NonNullable<EdgeConfig['lines']>;
type Place = Lines[string];

/** What of a box's own file the centre may replace. */
export function pushedPart(config: EdgeConfig): EdgeConfigPush {
  const { edgeId, township, inventoryVersion, profiles, buses, links, local } = config;
  return { edgeId, township, inventoryVersion, profiles, buses, links, local };
}

/** Names the file that a push was taken over; an address of the broker that changes is no new inventory. */
export const basisOf = (file: EdgeConfig): string => hashOf({ config: pushedPart(file), lines: file.lines ?? {} });

export function localise(push: EdgeConfigPush, lines: Lines): Result<EdgeConfigPush, readonly Lint[]> {
  const lints: Lint[] = [];
  const find = (at: string, path: string, mustBePath: boolean): Place => {
    const place = Object.hasOwn(lines, path) ? lines[path] : undefined;
    const fault = (message: string, mend: string): void => {
      lints.push({ file: 'cmd', line: 0, column: 0, path: at, kind: 'line', message, mend, severity: 'error' });
    };
    if (place === undefined && path.startsWith('tty:'))
      fault(`this box has no line ${path}`, "name it under lines in the box's own file");
    if (mustBePath && typeof place === 'object') fault(`line ${path} is a socket here`, 'a serial port is needed');
    return place ?? path;
  };
  const bus = (one: BusConfig, at: string): BusConfig => {
    if (one.kind !== 'modbus-rtu') return one;
    const place = find(`${at}.path`, one.path, false);
    if (typeof place === 'string') return { ...one, path: place };
    const { id, pollMs, units } = one;
    return { id, pollMs, units, kind: 'modbus-rtu-tcp', ...place };
  };
  const link = (one: LinkConfig, at: string): LinkConfig => {
    if (one.kind !== 'serial') return one;
    const place = find(`${at}.path`, one.path, true);
    return typeof place === 'string' ? { ...one, path: place } : one;
  };
  const output = (one: OutputConfig, at: string): OutputConfig => {
    if (one.kind !== 'speaker' || !('path' in one.line)) return one;
    const place = find(`${at}.line.path`, one.line.path, false);
    return { ...one, line: typeof place === 'string' ? { ...one.line, path: place } : place };
  };
  const { local } = push;
  const here = {
    ...push,
    buses: push.buses.map((one, index) => bus(one, `buses[${index}]`)),
    links: push.links.map((one, index) => link(one, `links[${index}]`)),
    local: { ...local, outputs: local.outputs.map((one, index) => output(one, `local.outputs[${index}]`)) },
  };
  return lints.length > 0 ? err(lints) : ok(here);
}
