/** One shape a kind of point, as corners of a unit square around the origin; the map and the legend draw the same. */
import type { HazardPoint } from '#model/registry.ts';

export type Shape = readonly (readonly [x: number, y: number])[];

const circle: Shape = Array.from({ length: 20 }, (_, index) => {
  const angle = (index / 20) * 2 * Math.PI;
  return [Math.cos(angle), Math.sin(angle)] as const;
});

export const SHAPES: { readonly [K in HazardPoint['kind']]: Shape } = {
  slope: [
    [0, -1.1],
    [1.1, 0.85],
    [-1.1, 0.85],
  ],
  reservoir: [
    [-1.1, -0.85],
    [1.1, -0.85],
    [0, 1.1],
  ],
  river: [
    [0, -1.2],
    [1.2, 0],
    [0, 1.2],
    [-1.2, 0],
  ],
  'rain-station': circle,
  warehouse: [
    [-0.95, -0.2],
    [0, -1.1],
    [0.95, -0.2],
    [0.95, 0.95],
    [-0.95, 0.95],
  ],
};
