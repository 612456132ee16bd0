import { openDatabase, dumpEmbedded } from '#platform/db';
import { cpSync, rmSync } from 'node:fs';
const t = async (n, f) => { const s = performance.now(); const r = await f(); console.log(n, Math.round(performance.now()-s)); return r; };
const dump = await t('dump', () => dumpEmbedded(async () => {}));
console.log(dump.length);
for (let i=0;i<3;i++) { const db = await t('load', () => openDatabase({ engine:'pglite', template: dump })); await t('ping', () => db.ping()); await t('close', () => db.close()); }
const d='/dev/shm/pgl'; 
{ const db = await t('create folder', () => openDatabase({ engine:'pglite', dataDir: d, template: dump }));  await db.ping(); await t('close', () => db.close()); }
for (let i=0;i<3;i++) { await t('cp', async () => cpSync(d, d+i, { recursive: true })); const db = await t('open', () => openDatabase({ engine:'pglite', dataDir: d+i })); await t('ping', () => db.ping()); await t('close', () => db.close()); rmSync(d+i, {recursive:true}); }
rmSync(d, {recursive:true});
