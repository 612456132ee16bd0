import type { Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPage, servePage } from '../shop/server.ts';

const HERE = import.meta.dirname;
/** Wherever npm put it. */
const NOBLE = fileURLToPath(new URL('.', import.meta.resolve('@noble/hashes/argon2.js'))).slice(0, -1);

/** Serves the page of encrypted notes. */
export const createNotes = (plinth: string): Server =>
  servePage({ folder: HERE, more: { '/shop/': join(HERE, '../shop'), '/noble/': NOBLE }, plinth });

if (import.meta.main) await openPage('Your notes', process.env['NOTES_PORT'] ?? '4001', createNotes);
