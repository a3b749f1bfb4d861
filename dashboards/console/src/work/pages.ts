/** The plain pages in the order of their tabs; a new one is one file and one line here. */
import { callsPage, notReachedPage } from './pages/calls.ts';
import type { PageSpec } from './spec.ts';

export const PAGES: readonly PageSpec[] = [notReachedPage, callsPage];
