// The widget as a visitor sees it: where its parts are and what one does with them. Knows nothing
// of the server behind, so any suite can use it.

export class WidgetPage {
  constructor(page) {
    this.page = page;
    this.launcher = page.locator('rapport-widget .launcher');
    this.count = page.locator('rapport-widget .count');
    this.panel = page.locator('rapport-widget dialog');
    this.log = this.panel.locator('[role=log]');
    this.field = this.panel.locator('textarea');
    this.send = this.panel.locator('.send');
    this.stopButton = this.panel.getByRole('button', { name: 'Stop' });
    this.chips = this.panel.locator('.chip');
    this.banner = this.panel.locator('.banner');
    this.typing = this.panel.locator('.dots');
    this.visitorBubbles = this.panel.locator('.row.visitor .bubble');
    this.teamBubbles = this.panel.locator('.row.team .bubble:not(.dots)');
    this.sources = this.panel.locator('.sources li');
    /** Names of people above their messages. */
    this.sender = this.panel.locator('.sender');
    this.delivery = this.panel.locator('.delivery');
    this.status = page.locator('rapport-widget [role=status]');
  }

  async open() {
    await this.launcher.click();
    await this.panel.waitFor();
  }

  /** Writes and sends, and does not wait for the answer. */
  async ask(text) {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  /** Waits until an answer can be rated, which means that it is complete. */
  async answer(index = 0) {
    await this.panel.locator('.thumbs').nth(index).waitFor();
  }

  button(name) {
    return this.panel.getByRole('button', { name });
  }

  link(name) {
    return this.panel.getByRole('link', { name });
  }
}

/** The dashboard as somebody who works in it sees it. */
export class DashboardPage {
  constructor(page) {
    this.page = page;
    this.rows = page.getByRole('region', { name: 'Conversations' }).getByRole('link');
    this.log = page.getByRole('log');
    this.alert = page.getByRole('alert');
    this.reply = page.getByRole('textbox', { name: 'Reply' });
  }

  async signIn({ email, password }) {
    await this.page.getByLabel('E-mail').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  async signUp({ business, name, email, password }) {
    await this.page.getByLabel('Business name').fill(business);
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByLabel('E-mail').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Create account' }).click();
  }

  async signOut() {
    await this.page.getByRole('button', { name: 'Account:' }).click();
    await this.page.getByRole('menuitem', { name: 'Sign out' }).click();
  }

  async goTo(section) {
    await this.page.getByRole('link', { name: section }).first().click();
    await this.page.getByRole('heading', { name: section, exact: true }).waitFor();
  }

  row(text) {
    return this.rows.filter({ hasText: text });
  }

  button(name) {
    return this.page.getByRole('button', { name });
  }
}
