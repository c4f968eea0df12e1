/** The page of a cluster: one poll, one server, any number of browsers. */
import type { ClusterSettings } from '../cluster/settings.ts';
import type { Panel, PageText } from '../page/document.ts';
import type { Markup } from '../page/html.ts';
import { clusterPanels } from '../page/panels.ts';
import { ClusterWatch } from '../picture/cluster-watch.ts';
import type { CauseCounts, ClusterPicture, PictureNode } from '../picture/picture.ts';
import { PageServer, type PageActions } from './page-server.ts';

export interface PictureOptions {
  readonly settings: ClusterSettings;
  /** Port on 127.0.0.1. Default 0: any free one. */
  readonly port?: number | undefined;
  /** Milliseconds between two polls. Default 1,000. */
  readonly intervalMs?: number | undefined;
  readonly extension?: PictureExtension | undefined;
}

/** Additions of a program to the page. */
export interface PictureExtension {
  readonly page?: PageText;
  /** CSS rules for its parts. */
  readonly style: string;
  /** Its parts, redrawn with every poll, above those of the cluster. */
  readonly panels: (picture: ClusterPicture) => readonly Panel[];
  /** Buttons below a node's figures. */
  readonly nodeActions: (node: PictureNode) => Markup | undefined;
  readonly actions: PageActions;
  /** Causes of missed sessions, from application servers. */
  readonly causes?: () => CauseCounts;
}

export interface OpenPicture {
  /** Contains the token that gives access to the page. */
  readonly url: string;
  /** Ends the page and the polls at once. */
  close(): Promise<void>;
}

/**
 * Serves the page on 127.0.0.1 until it is closed.
 *
 * @throws {SessClientError} if no node is known
 */
export async function openPicture(options: PictureOptions): Promise<OpenPicture> {
  const { settings, port = 0, intervalMs = 1_000, extension } = options;
  const watch = await ClusterWatch.open({ settings, intervalMs, causes: extension?.causes });
  let server: PageServer;
  try {
    server = await PageServer.start({
      page: extension?.page ?? { title: 'sess watch', subject: subjectOf(settings.servers) },
      port,
      style: extension?.style,
      actions: extension?.actions,
    });
  } catch (error) {
    await watch.close();
    throw error;
  }
  let running: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([watch.close(), server.close()]);
    await running;
  };
  // Later updates only replace panels of the loaded page, so it is served only after the first poll.
  await new Promise<void>((resolve, reject) => {
    running = watch.run((picture) => {
      server.show([...(extension?.panels(picture) ?? []), ...clusterPanels(picture, extension?.nodeActions)]);
      resolve();
    });
    running.catch((error: unknown) => {
      reject(error);
    });
  }).catch(async (error: unknown) => {
    await close().catch(() => undefined);
    throw error;
  });
  return { url: server.url, close };
}

/** The names of the nodes or the endpoint, without the rest of a URL. */
function subjectOf(servers: string | readonly string[]): string {
  if (typeof servers !== 'string') return servers.join(', ');
  return servers.replace(/^([a-z]+:\/\/)(?:[^/?]*@)?([^?]*).*$/i, '$1$2');
}
