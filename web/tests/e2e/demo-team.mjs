// The demonstration on a real server, with a second person in its team and a customer's page.
import { launchBrowser } from './browser.mjs';
import { CustomerPage } from './customer-page.mjs';
import { Visits } from './dashboard-visit.mjs';
import { ProductServer } from './product-server.mjs';

export class DemoTeam {
  /** `owner` is the API as the owner uses it. */
  static async start(role, colleague, settings) {
    const team = new DemoTeam();
    try {
      await team.#gather(role, colleague, settings);
    } catch (error) {
      await team.stop();
      throw error;
    }
    return team;
  }

  async #gather(role, colleague, settings) {
    [this.browser, this.server] = await Promise.all([
      launchBrowser(),
      ProductServer.start(settings),
    ]);
    this.visits = new Visits(this.browser, this.server);
    this.owner = await this.server.signIn();
    this.site = await new CustomerPage(this.server.url).listen();
    const { url } = await this.owner.post('/invitations', { role });
    await this.server.joinBy(url, colleague);
  }

  async stop() {
    await this.browser?.close();
    this.site?.close();
    await this.server?.stop();
  }

  at(path) {
    return `/app/fennel-oak/${path}`;
  }

  /** Somebody at a page of the dashboard. */
  async sitDown(path, account) {
    const { page } = await this.visits.open({ account, path: this.at(path) });
    await page.waitForURL((url) => url.pathname === this.at(path));
    return page;
  }
}
