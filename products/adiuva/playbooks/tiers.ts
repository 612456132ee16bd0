import { UNLIMITED } from 'plinth/product';

const GB = 1_000_000_000;

/** Grants by the names that a tier matrix has for them: -1 is without an end, and bytes are gigabytes. */
export function tierFeatures(grants: Readonly<Record<string, number | boolean>>) {
  const number = (name: string, unit = 1): number => {
    const granted = Number(grants[name] ?? 0);
    return granted === UNLIMITED ? -1 : granted / unit;
  };
  return {
    agents: number('agents'),
    batch_active: number('active_batches'),
    cloud_storage_gb: number('storage', GB),
    backup_gb: number('backup', GB),
    providers: number('providers'),
    batch_builder: grants['batch_builder'] === true,
    plugin_marketplace: grants['plugin_marketplace'] === true,
    sso: grants['sso'] === true,
  };
}
