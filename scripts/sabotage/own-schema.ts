/** Makes the schema as the files say it now, in the database that is named. */
import { migrateTemplate } from '../../test/services/project.ts';

await migrateTemplate(process.argv[2] ?? '');
