import { Button, Progress } from '@mantine/core';
import type { Schemas } from '@plinth/sdk';
import { useRef, useState } from 'react';
import { useAct } from './of-account.ts';
import { Refusal } from './refusal.tsx';

interface UploadButtonProps {
  readonly text: string;
  /** What may be chosen, in words. */
  readonly hint: string;
  /** The same as endings of names: `pdf`. */
  readonly endings: readonly string[];
  /** Brings the file in; `send` sends it as it was signed, and answers the HTTP status. */
  readonly bring: (file: File, send: Send) => Promise<unknown>;
}

type Send = (to: Schemas['SignedUpload'], file: Blob) => Promise<number>;

/** A button that takes a file from this machine and says how much of it has gone. */
export function UploadButton({ text, hint, endings, bring }: UploadButtonProps) {
  const field = useRef<HTMLInputElement>(null);
  const [share, setShare] = useState(0);
  const { mutate, isPending, error } = useAct((file: File) =>
    bring(file, (to, body) => sendAndTell({ to, body, tell: setShare })),
  );
  return (
    <div className="filters">
      <input
        ref={field}
        type="file"
        hidden
        aria-label={text}
        accept={endings.map((ending) => `.${ending}`).join()}
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file !== undefined) mutate(file);
          // The same one may be chosen again.
          currentTarget.value = '';
        }}
      />
      <Button variant="default" loading={isPending} onClick={() => field.current?.click()}>
        {text}
      </Button>
      {isPending ? (
        <Progress className="grow" value={share * 100} aria-label={text} />
      ) : (
        <span className="dim">{hint}</span>
      )}
      <Refusal error={error} />
    </div>
  );
}

interface Sending {
  readonly to: Schemas['SignedUpload'];
  readonly body: Blob;
  /** Hears what share of it has gone, 0 to 1. */
  readonly tell: (share: number) => void;
}

/** Answers 0 where there was no answer. */
export function sendAndTell({ to, body, tell }: Sending): Promise<number> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    // This server is asked under the name by which it is reached here; a store as it is.
    const { pathname, search } = new URL(to.url);
    request.open(to.method, pathname.startsWith('/v1/blobs/') ? pathname + search : to.url);
    // A browser says it by itself.
    for (const [name, value] of Object.entries(to.headers))
      if (name.toLowerCase() !== 'content-length') request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', ({ loaded }) => tell(loaded / body.size));
    request.addEventListener('loadend', () => resolve(request.status));
    request.send(body);
  });
}
