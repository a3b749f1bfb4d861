/** A stage that has started in this process, and what the processes around it must know of it. */
import type { Service } from '#model/ports.ts';
import type { LineAddress } from '#simulators/config.ts';

export type Started = {
  readonly service: Service;
  /** Where it listens, by name. */
  readonly ports: { readonly [name: string]: number };
  /** How an edge reaches each simulated line. */
  readonly lines?: readonly LineAddress[];
};
