import pg from 'pg';
import type { Statement } from '#platform/db';
import { type AssetFilters, listAssets, newestMatches } from '../../products/reel/library/store.ts';
import { LARGE } from './assets.ts';

const LIMIT = 21;

/** The plans by which a question is answered, those inside of functions too, as the database itself notes them. */
export async function plansOf(url: string, filters: AssetFilters): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const noted: string[] = [];
  client.on('notice', ({ message = '' }) => {
    if (message.includes('plan:')) noted.push(message.slice(message.indexOf('plan:')));
  });
  try {
    await client.query(`
      load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
      set auto_explain.log_analyze = on; set auto_explain.log_buffers = on; set auto_explain.log_level = notice;
      set role plinth_tenant; set app.account = '${LARGE}'`);
    const { text, values } = statementOf(filters);
    await client.query(text, [...values]);
    return noted;
  } finally {
    await client.end();
  }
}

function statementOf(filters: AssetFilters): Statement {
  return filters.q === undefined && filters.tags === undefined
    ? listAssets(LARGE, filters, { after: undefined, limit: LIMIT })
    : newestMatches(filters, { from: undefined, until: undefined }, filters.q === undefined ? LIMIT : 400);
}
