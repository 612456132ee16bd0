import { declareTags } from 'plinth/product';

declareTags({
  'Coditect for operators': 'Analytics, anomalies, and licences of all tenants.',
});
