import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Refusal } from './refusal.tsx';
import { useTexts } from '../text/index.ts';

interface DownloadProps {
  readonly text: string;
  /** The name of the file. */
  readonly name: string;
  readonly read: () => Promise<Response> | undefined;
}

/** A button that fetches a file as who is signed in, says how much of it has come, and hands it to the browser. */
export function Download({ text, name, read }: DownloadProps) {
  const { format } = useTexts();
  const [size, setSize] = useState(0);
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const response = await read();
      if (response?.body == null) return;
      const parts: BlobPart[] = [];
      let bytes = 0;
      for await (const part of response.body as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>) {
        parts.push(part);
        bytes += part.length;
        setSize(bytes);
      }
      const url = URL.createObjectURL(new Blob(parts));
      Object.assign(document.createElement('a'), { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    },
    onSettled: () => setSize(0),
  });
  return (
    <span className="right">
      <Refusal error={error} />
      {size > 0 && <span className="dim num">{format.bytes(size)}</span>}
      <Button variant="default" loading={isPending} onClick={() => mutate()}>
        {text}
      </Button>
    </span>
  );
}
