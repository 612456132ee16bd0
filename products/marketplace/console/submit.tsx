import { Button, Textarea } from '@mantine/core';
import {
  Copy,
  Facts,
  Pick,
  Refusal,
  sendAndTell,
  UploadButton,
  useAct,
  useApi,
  useTexts,
} from '@plinth/console';
import { type FormEvent, useState } from 'react';
import { useKeys } from './keys.tsx';
import { Permissions, usePrice } from './manifest.tsx';
import { type ChosenPackage, readPackage, signatureBy } from './package.ts';
import { categoryText, texts } from './texts.ts';

/** A package is chosen, looked at, signed and sent. */
export function Submit() {
  const { say } = useTexts(texts);
  const [chosen, setChosen] = useState<ChosenPackage>();
  const [submitted, setSubmitted] = useState<ChosenPackage>();
  return (
    <>
      <UploadButton
        text={say('choose')}
        hint={chosen?.file.name ?? say('zip')}
        endings={['zip']}
        bring={async (file) => {
          setSubmitted(undefined);
          setChosen(undefined);
          const read = await readPackage(file);
          if (read === undefined) throw new Error(say('noManifest'));
          setChosen(read);
        }}
      />
      {chosen !== undefined && (
        <Sign
          key={chosen.sha256}
          chosen={chosen}
          onSent={() => {
            setSubmitted(chosen);
            setChosen(undefined);
          }}
        />
      )}
      {submitted !== undefined && (
        <p role="status">
          {say('submitted', { name: submitted.manifest.name, version: submitted.manifest.version })}
        </p>
      )}
    </>
  );
}

function Sign({ chosen, onSent }: { readonly chosen: ChosenPackage; readonly onSent: () => void }) {
  const { say } = useTexts(texts);
  const priceOf = usePrice();
  const api = useApi();
  const { data } = useKeys();
  const [key, setKey] = useState<string>();
  const [pasted, setPasted] = useState('');
  const { file, manifest, sha256 } = chosen;
  const keys = data?.data.filter((one) => one.revoked_at === null) ?? [];
  const keyId = key ?? keys[0]?.id;
  const { mutate, isPending, error } = useAct(async () => {
    if (keyId === undefined) throw new Error(say('noKeys'));
    const signature = await signatureBy(pasted, chosen.digest);
    const { id, version, upload } = await api.call('POST /v1/developer/plugins', {
      body: { manifest, sha256, bytes: file.size, key_id: keyId, signature },
    });
    const status = upload === null ? 0 : await sendAndTell({ to: upload, body: file, tell: () => undefined });
    if (status < 200 || status > 299) throw new Error(say('notSent'));
    await api.call('POST /v1/developer/plugins/{id}/versions/{version}/complete', {
      params: { id, version },
    });
  }, onSent);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <Facts
        of={{
          [say('name')]: `${manifest.name} (${manifest.id})`,
          [say('version')]: manifest.version,
          [say('author')]: manifest.author,
          [say('category')]: categoryText(say, manifest.category),
          [say('price')]: priceOf({ ...manifest, currency: 'eur' }),
        }}
      />
      <p>{manifest.description}</p>
      <Permissions of={manifest.permissions} />
      <p className="filters">
        SHA-256 <Copy value={sha256} text={`${sha256.slice(0, 16)}…`} />
      </p>
      {data !== undefined && keys.length === 0 && <p className="dim">{say('noKeys')}</p>}
      <Pick
        label={say('key')}
        value={keyId}
        options={Object.fromEntries(keys.map(({ id, name }) => [id, name]))}
        choose={setKey}
      />
      <Textarea
        label={say('signature')}
        value={pasted}
        autosize
        minRows={3}
        autoComplete="off"
        spellCheck={false}
        onChange={({ currentTarget }) => setPasted(currentTarget.value)}
      />
      <Refusal error={error} />
      <p className="filters">
        <Button type="submit" loading={isPending} disabled={pasted.trim() === '' || keyId === undefined}>
          {say('send')}
        </Button>
      </p>
    </form>
  );
}
