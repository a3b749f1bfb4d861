/** The thread that works on the county's folder: a task comes in, its answer goes out. */
import { parentPort } from 'node:worker_threads';
import { type RegistryTask, runRegistryTask } from './registry-task.ts';

parentPort?.on('message', async (task: RegistryTask) => {
  parentPort?.postMessage(await runRegistryTask(task));
});
