/**
 * The frame of an nginx that asks nothing of the machine's: in the foreground, in a folder of its own.
 *
 * @module
 */

import type { Place, Preparation, ServerPlan } from "./server_process.ts";

/** What one nginx has beside the frame. */
export interface NginxOptions {
  /** How many ports it listens on; 1 unless told. */
  readonly ports?: number;
  /** Lines outside of `http`. */
  readonly main?: string;
  /** The lines of `http`; what else it needs can be written meanwhile. */
  readonly http: (place: Place) => string | Promise<string>;
}

/** How it is started. */
export function nginxPlan({ ports, main = "", http }: NginxOptions): ServerPlan {
  return {
    program: "nginx",
    ports,
    prepare: async (place) => nginxPreparation(place.folder, await http(place), main),
  };
}

/** What it is started with. */
export function nginxPreparation(folder: string, http: string, main = ""): Preparation {
  return {
    files: { "nginx.conf": configuration(folder, main, http) },
    args: ["-p", folder, "-c", `${folder}/nginx.conf`, "-e", "stderr"],
  };
}

/** What a server says to serve a folder's files again: under `/chunked/`, and under `/gzip/`. */
export function codedLocations(root: string): string {
  return `
      # A filter that may change the length makes nginx send chunks.
      location /chunked/ {
        alias ${root}/;
        sub_filter_types *;
        sub_filter "a text that stands in none of the files" "";
      }
      location /gzip/ {
        alias ${root}/;
        gzip on;
        gzip_types *;
        gzip_min_length 1;
        gzip_comp_level 1;
      }`;
}

function configuration(folder: string, main: string, http: string): string {
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((each) =>
    `${each}_temp_path ${folder}/${each};`
  );
  return `
    daemon off;
    worker_processes 1;
    pid ${folder}/nginx.pid;
    ${Deno.uid() === 0 ? "user root;" : ""}
    ${main}
    events { worker_connections 1024; }
    http {
      access_log off;
      ${temp.join("\n")}
      ${http}
    }`;
}
