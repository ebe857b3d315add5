import { flushLog } from "../../src/log.ts";

/** The lines that are logged while something runs. */
export async function capturedLog(act: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string) => lines.push(line);
  try {
    await act();
    await flushLog();
  } finally {
    console.error = error;
  }
  return lines;
}
