import type { Server } from 'node:http';
import { join } from 'node:path';
import { openPage, servePage } from '../shop/server.ts';

const HERE = import.meta.dirname;

/** Serves the app. */
export const createPrismApp = (plinth: string): Server =>
  servePage({ folder: HERE, more: { '/shop/': join(HERE, '../shop') }, plinth });

if (import.meta.main) await openPage('Prism', process.env['PRISM_PORT'] ?? '4002', createPrismApp);
