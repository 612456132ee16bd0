import { erased, routesOf, THE_ACCOUNTS } from 'plinth/product';
import * as exportRoutes from '../exports/routes.ts';
import type { OrbitPart } from '../service.ts';

const FOUND_AGAIN = 'a caller who asks again is given the export that is there: its source says which';
const AGAIN = 'a delete that is due again and again: what it left undone the next one does';
const OF_THE_KIT = 'the kit ends failed work, and Reel’s walks kill a process before and after it';

/** Scopes as files. */
export const exportsPart: OrbitPart = {
  dataRules: [
    // Their files are the blobs', which go and are handed out by themselves.
    {
      table: 'orbit.exports',
      account: erased(),
      user: THE_ACCOUNTS,
      withheld: ['source_hash', 'branding_hash'],
    },
  ],
  crashPoints: {
    'orbit.export': { because: FOUND_AGAIN, lost: 'told' },
    'orbit.export-reused': { because: FOUND_AGAIN, lost: 'same' },
    'orbit.export-start': { because: 'a job that is tried again marks it again', lost: 'again' },
    'orbit.export-complete': {
      because:
        'file, storage, settlement and end are one commit; without it the file is swept as an upload never completed',
      lost: 'found',
    },
    'orbit.export-fail': { because: OF_THE_KIT, lost: 'found' },
    'orbit.export-swept': { because: AGAIN, lost: 'again' },
  },
  routes: routesOf(exportRoutes),
  jobs: {
    export: {
      run: ({ exports }, job) => exports.run(job),
      giveUp: ({ exports }, job, failure) => exports.giveUp(job, failure),
      reviving: ({ exports }, job) => exports.revive(job),
    },
    'sweep-exports': { run: ({ exports }) => exports.sweep() },
  },
  schedules: {
    'sweep-exports': { cron: '23 * * * *', job: 'sweep-exports' },
  },
};
