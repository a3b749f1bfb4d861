/** Tests of pure functions run beside the chaos run and give way to it: its books are of processes that are killed, not starved. */
import { setPriority } from 'node:os';

const LEAST_URGENT = 19;
setPriority(LEAST_URGENT);
