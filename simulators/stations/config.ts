/** A simulated station that reports by itself: what it measures, to whom it reports, on what wire. */
import type { Behaviour } from '#simulators/behaviour.ts';
import type { TimedFault } from '#simulators/fault.ts';

export type StationWire =
  /** Dials in to the edge, which listens. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** A pseudo-terminal that appears at `edgePath`. */
  | { readonly kind: 'pty'; readonly edgePath: string; readonly baudRate: number };

export type SimulatedElement = { readonly element: string; readonly behaviour: Behaviour };

export type SimulatedStation = {
  /** The station's ten digits; as faults name it, its link is a bus and it has no unit. */
  readonly station: string;
  readonly centre: number;
  readonly password: string;
  readonly reportMs: number;
  readonly elements: readonly SimulatedElement[];
};

/** The stations of one link; on a pseudo-terminal they share the wire. */
export type StationLink = {
  readonly id: string;
  readonly protocol: 'sl651';
  readonly wire: StationWire;
  readonly stations: readonly SimulatedStation[];
  readonly faults: readonly TimedFault[];
  /** How long a station waits for the confirmation before it sends again. */
  readonly confirmMs: number;
};
