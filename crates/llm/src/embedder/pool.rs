//! The embedder's own threads, so that neither async workers nor rayon's global pool do its work.
//!
//! Two lanes: a visitor's question never waits behind a re-embedding, only behind the piece of it
//! that is running. Each thread is a rayon pool of one, which keeps the matrix products on it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};

/// Work for a thread: it gets that thread's own state.
pub(super) type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

#[derive(Clone, Copy)]
pub(super) enum Lane {
    /// Somebody waits for the answer.
    Question,
    /// Indexing in the background.
    Bulk,
}

/// Threads that run jobs until the pool is dropped; jobs still queued then are dropped unrun.
pub(super) struct Pool<S> {
    shared: Arc<Shared<S>>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared<S> {
    lanes: Mutex<Lanes<S>>,
    changed: Condvar,
}

struct Lanes<S> {
    questions: VecDeque<Job<S>>,
    bulk: VecDeque<Job<S>>,
    closed: bool,
}

impl<S: Default + 'static> Pool<S> {
    pub(super) fn start(threads: usize) -> std::io::Result<Self> {
        let lanes = Lanes {
            questions: VecDeque::new(),
            bulk: VecDeque::new(),
            closed: false,
        };
        let shared = Arc::new(Shared {
            lanes: Mutex::new(lanes),
            changed: Condvar::new(),
        });
        let mut pool = Self {
            shared,
            threads: Vec::new(),
        };
        for index in 0..threads {
            let shared = Arc::clone(&pool.shared);
            let thread = std::thread::Builder::new().name(format!("embed-{index}"));
            pool.threads.push(thread.spawn(move || run(&shared))?);
        }
        Ok(pool)
    }

    /// Queues a job; the caller bounds how many are queued.
    pub(super) fn submit(&self, lane: Lane, job: Job<S>) {
        let mut lanes = self.shared.lanes.lock();
        match lane {
            Lane::Question => lanes.questions.push_back(job),
            Lane::Bulk => lanes.bulk.push_back(job),
        }
        drop(lanes);
        self.shared.changed.notify_one();
    }
}

impl<S> Drop for Pool<S> {
    fn drop(&mut self) {
        self.shared.lanes.lock().closed = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A job may hold the last handle of its own pool; its thread cannot wait for itself.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

fn run<S: Default>(shared: &Shared<S>) {
    let alone = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build();
    if let Err(error) = alone {
        tracing::warn!(%error, "an embedding thread shares rayon's global pool");
    }
    let mut state = S::default();
    while let Some(job) = next(shared) {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(&mut state)));
        if outcome.is_err() {
            tracing::error!("embedding a text panicked; the caller gets an error");
            state = S::default();
        }
    }
}

fn next<S>(shared: &Shared<S>) -> Option<Job<S>> {
    let mut lanes = shared.lanes.lock();
    loop {
        if lanes.closed {
            return None;
        }
        if let Some(job) = lanes.questions.pop_front() {
            return Some(job);
        }
        if let Some(job) = lanes.bulk.pop_front() {
            return Some(job);
        }
        shared.changed.wait(&mut lanes);
    }
}
