/** Who owns a line: of the serial ports, sockets and registrations of one edge each may be named once, or both fail. */
import { idOf, type Path, type Source } from '#cli/load/source.ts';
import type { BusConfig, LinkConfig, OutputConfig } from '#model/edge-config.ts';

type Bound = {
  readonly buses: readonly BusConfig[];
  readonly links: readonly LinkConfig[];
  readonly outputs: readonly OutputConfig[];
};
/** The rows as they stand in the file, for the places of findings. */
type Rows = {
  readonly buses: readonly unknown[];
  readonly links: readonly unknown[];
  readonly outputs: readonly unknown[];
};
/** `line` is what two owners would share. */
type Claim = { readonly owner: string; readonly line: string; readonly at: Path };
type Listener = { readonly host: string; readonly port: number; readonly owner: string; readonly at: Path };
type Dtu = Extract<BusConfig, { readonly kind: 'modbus-dtu' }>;

const EVERYWHERE = new Set(['0.0.0.0', '::']);
const overlaps = (a: Listener, b: Listener): boolean =>
  a.port === b.port && (a.host === b.host || EVERYWHERE.has(a.host) || EVERYWHERE.has(b.host));

/** A row's place; the key of it that is wrong is appended. */
const placeIn =
  (path: Path, key: keyof Rows, rows: readonly unknown[]) =>
  (id: string, ...inner: Path): Path => [...path, key, rows.findIndex((raw) => idOf(raw) === id), ...inner];

type Places = { readonly [key in keyof Rows]: ReturnType<typeof placeIn> };

/** A serial server's socket carries one line as well; port 0 is the simulator's, each its own. */
function claimsOf({ buses, links, outputs }: Bound, place: Places): readonly Claim[] {
  const claims: Claim[] = [];
  for (const bus of buses) {
    const owner = `bus "${bus.id}"`;
    if (bus.kind === 'modbus-rtu') claims.push({ owner, line: bus.path, at: place.buses(bus.id, 'path') });
    if (bus.kind === 'modbus-rtu-tcp' && bus.port !== 0)
      claims.push({ owner, line: `${bus.host}:${bus.port}`, at: place.buses(bus.id, 'port') });
  }
  for (const link of links)
    if (link.kind === 'serial')
      claims.push({ owner: `link "${link.id}"`, line: link.path, at: place.links(link.id, 'path') });
  for (const output of outputs) {
    if (output.kind !== 'speaker') continue;
    const line = 'path' in output.line ? output.line.path : `${output.line.host}:${output.line.port}`;
    claims.push({ owner: `output "${output.id}"`, line, at: place.outputs(output.id, 'line') });
  }
  return claims;
}

function checkClaims(source: Source, claims: readonly Claim[]): void {
  const owners = new Map<string, string>();
  for (const { owner, line, at } of claims) {
    const first = owners.get(line);
    if (first === undefined) owners.set(line, owner);
    else
      source.find(at, {
        kind: 'shared-line',
        message: `${owner} and ${first} are on one line, ${line}: only one can have it`,
        mend: 'put the units of a line into one bus; give everything else a line of its own',
      });
  }
}

/** Buses whose DTUs call the same address share its listener; nothing else can. */
function checkListeners(source: Source, { buses, links }: Bound, place: Places): void {
  const listeners: Listener[] = [];
  const claim = (one: Listener): void => {
    const other = listeners.find((known) => overlaps(known, one));
    if (other === undefined) listeners.push(one);
    else
      source.find(one.at, {
        kind: 'shared-port',
        message: `${one.owner} and ${other.owner} both listen at port ${one.port}`,
        mend: 'give one of the two another port; stations of one protocol can share a link',
      });
  };
  const addresses = new Map<string, Dtu[]>();
  for (const bus of buses) {
    if (bus.kind !== 'modbus-dtu') continue;
    const address = `${bus.host}:${bus.port}`;
    const sharing = addresses.get(address);
    if (sharing === undefined)
      claim({ host: bus.host, port: bus.port, owner: `bus "${bus.id}"`, at: place.buses(bus.id, 'port') });
    checkRegistration(source, bus, sharing ?? [], place.buses(bus.id, 'registration'));
    addresses.set(address, [...(sharing ?? []), bus]);
  }
  for (const link of links)
    if (link.kind === 'tcp-listen')
      claim({ host: link.host, port: link.port, owner: `link "${link.id}"`, at: place.links(link.id, 'port') });
}

function checkRegistration(source: Source, bus: Dtu, others: readonly Dtu[], at: Path): void {
  const alike = others.find(
    ({ registration }) => registration.startsWith(bus.registration) || bus.registration.startsWith(registration),
  );
  if (alike === undefined) return;
  source.find(at, {
    kind: 'registration',
    message: `buses "${alike.id}" and "${bus.id}" have registrations that begin alike`,
    mend: "make each DTU's packet its own, or let one of them call another port",
  });
}

/** Everything of one edge that would be opened twice. */
export function checkLineOwners(source: Source, path: Path, bound: Bound, rows: Rows): void {
  const place: Places = {
    buses: placeIn(path, 'buses', rows.buses),
    links: placeIn(path, 'links', rows.links),
    outputs: placeIn(path, 'outputs', rows.outputs),
  };
  checkClaims(source, claimsOf(bound, place));
  checkListeners(source, bound, place);
}
