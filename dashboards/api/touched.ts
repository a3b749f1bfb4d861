/** Whether a warning for an area concerns a viewer: it touches a grid of his, or one below it, or one that his lies in. */
import { type GridCode, inSubtree, type Registry } from '#model/registry.ts';
import type { Viewer } from './viewer.ts';

type Areas = readonly { readonly gridCode: GridCode }[];

/** One of his grids that it touches; undefined when there is none. */
export const touchedGrid = (registry: Registry, viewer: Viewer, areas: Areas): GridCode | undefined =>
  viewer.holds.find(({ gridCode: own }) =>
    areas.some(({ gridCode }) => inSubtree(registry, own, gridCode) || inSubtree(registry, gridCode, own)),
  )?.gridCode;
