/** The plain pages in the order of their tabs; a new one is one file and one line here. */
import { callsPage, notReachedPage } from './pages/calls.ts';
import { evacuationPage, evacuationsPage } from './pages/evacuations.ts';
import type { PageSpec } from './spec.ts';

export const PAGES: readonly PageSpec[] = [notReachedPage, callsPage, evacuationsPage, evacuationPage];
