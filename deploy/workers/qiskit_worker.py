#!/usr/bin/env python3
"""Serves Tandem's quantum jobs with Qiskit Aer, in place of the enrichment stage.

Tandem runs with `enrichment.backend: topic`; each message on `tandem.jobs` then carries its circuit
as OpenQASM 3, what to estimate, and how many shots. This worker runs it and writes the measurement,
the bill and the device's heartbeat. Start more of them to share the work: they form one group.

    pip install -r requirements.txt
    python3 qiskit_worker.py --brokers HOST:PORT [--prefix tandem.] [--device simulated-qpu]

To plug in another stack, replace `Device.run`: circuits in, one dictionary of counts for each out.
"""

import argparse
import json
import math
import signal
import sys
import time
import warnings

from confluent_kafka import Consumer, KafkaException, Producer
from qiskit import qasm3
from qiskit_aer import AerSimulator
from qiskit_aer import __version__ as aer_version

# Inputs taken at once: one call of the simulator for all, one commit.
BATCH = 256
# Admission takes a device that has been silent for ten seconds as down.
HEARTBEAT_SECONDS = 0.1
# Carried over from the job, so that the measurement can be told from any other.
CARRIED = ("id", "job", "receivedAtMs", "deadlineMs", "classicalScore", "shots", "seed",
           "circuit", "circuitHash", "model", "device")


def now_ms():
    return time.time_ns() // 1_000_000


class Device:
    """What runs circuits."""

    calibration = f"aer/{aer_version}"

    def __init__(self):
        # One thread and no fusion: a circuit of few qubits is over before they pay.
        self.simulator = AerSimulator(method="statevector", max_parallel_threads=1,
                                      fusion_enable=False)

    def run(self, programs):
        """programs: (OpenQASM 3, shots, seed) of each circuit; returns its counts by bit string."""
        counts = []
        for qasm, shots, seed in programs:
            circuit = self.load(qasm)
            result = self.simulator.run(circuit, shots=shots, seed_simulator=seed).result()
            counts.append(result.get_counts(0))
        return counts

    @staticmethod
    def load(qasm):
        """Qiskit's own reader takes a fraction of a millisecond; the complete one takes fifty."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return qasm3.loads_experimental(qasm)
        except Exception:
            return qasm3.loads(qasm)


def estimate(counts, observables, weights):
    """Means of products of Z, and mean and standard error of their weighted sum per shot."""
    masks = [sum(1 << int(q) for q in name.split("Z")[1:]) for name in observables]
    shots = sum(counts.values())
    sums = [0.0] * len(masks)
    total = squares = 0.0
    for text, count in counts.items():
        bits = int(text.replace(" ", ""), 2)
        signs = [-1.0 if (bits & mask).bit_count() & 1 else 1.0 for mask in masks]
        value = sum(w * s for w, s in zip(weights, signs))
        for index, sign in enumerate(signs):
            sums[index] += count * sign
        total += count * value
        squares += count * value * value
    mean = total / shots
    variance = max(0.0, squares / shots - mean * mean)
    error = math.sqrt(variance / (shots - 1)) if shots > 1 else 0.0
    return [s / shots for s in sums], mean, error


def measure(device, jobs):
    """The measurement of each job, in order; a job that cannot be run fails alone."""
    started = now_ms()
    measurements = []
    for job in jobs:
        message = {name: job[name] for name in CARRIED}
        message.update(calibration=device.calibration, submittedAtMs=started,
                       startedAtMs=now_ms(), cost=0.0)
        try:
            if "qasm" not in job:
                raise ValueError("the job has no OpenQASM; is 'enrichment.backend' topic?")
            # The same job draws the same shots, on any worker.
            seed = int(job["seed"], 16) % (1 << 63)
            [counts] = device.run([(job["qasm"], job["shots"], seed)])
            values, mean, error = estimate(counts, job["observables"], job["weights"])
            message.update(status="ok", head={"value": mean, "standardError": error},
                           expectations=values)
        except Exception as problem:  # whatever the stack throws is this job's failure alone
            message.update(status="failed", error=" ".join(str(problem).split()) or repr(problem))
        message["completedAtMs"] = now_ms()
        measurements.append(message)
    return measurements


class Worker:
    def __init__(self, options):
        self.options = options
        self.device = Device()
        self.producer = Producer({"bootstrap.servers": options.brokers,
                                  "enable.idempotence": True, "linger.ms": 5,
                                  "partitioner": "murmur2_random"})
        # The enrichment stage's own group: its offsets go on where the stage left off.
        self.consumer = Consumer({"bootstrap.servers": options.brokers,
                                  "group.id": options.prefix + "enrichment",
                                  "auto.offset.reset": "earliest",
                                  "partition.assignment.strategy": "range",
                                  "enable.auto.commit": False})
        self.undelivered = None
        self.total = dict(submitted=0, completed=0, failed=0)
        self.service_ms = 1.0
        self.next_heartbeat = 0.0
        self.is_stopping = False

    def stop(self, *_):
        self.is_stopping = True

    def send(self, topic, key, message):
        body = json.dumps(message, separators=(",", ":")).encode()
        while True:
            try:
                return self.producer.produce(self.options.prefix + topic, key=key, value=body,
                                             on_delivery=self.delivered)
            except BufferError:
                self.producer.poll(0.1)

    def delivered(self, error, _):
        if error is not None:
            self.undelivered = error

    def heartbeat(self, waiting=0):
        if time.monotonic() < self.next_heartbeat:
            return
        self.next_heartbeat = time.monotonic() + HEARTBEAT_SECONDS
        self.send("qpu-status", self.options.device, dict(
            device=self.options.device, atMs=now_ms(), state="online", queueDepth=waiting,
            waitMs=waiting * self.service_ms, serviceTimeMs=self.service_ms,
            calibration=self.device.calibration, **self.total))

    def serve(self, messages):
        jobs = []
        for message in messages:
            try:
                jobs.append((message, json.loads(message.value())))
            except (TypeError, ValueError) as problem:
                self.reject(message, problem)
        self.total["submitted"] += len(jobs)
        for index, (message, job) in enumerate(jobs):
            begin = time.monotonic()
            [result] = measure(self.device, [job])
            self.service_ms += 0.1 * (1_000 * (time.monotonic() - begin) - self.service_ms)
            self.total["completed" if result["status"] == "ok" else "failed"] += 1
            self.send("measurements", message.key(), result)
            self.send("ledger", job["job"], dict(
                job=job["job"], id=job["id"], cost=result["cost"], device=job["device"],
                state="settled" if result["status"] == "ok" else "released",
                atMs=result["completedAtMs"]))
            self.heartbeat(len(jobs) - index - 1)
        self.commit()

    def reject(self, message, problem):
        headers = [("tandem-error-stage", "enrichment"), ("tandem-error-code", "undecodable"),
                   ("tandem-error-message", str(problem)), ("tandem-error-topic", message.topic()),
                   ("tandem-error-partition", str(message.partition())),
                   ("tandem-error-offset", str(message.offset()))]
        self.producer.produce(self.options.prefix + "rejects", key=message.key(),
                              value=message.value(), headers=headers, on_delivery=self.delivered)

    def commit(self):
        """Inputs are done only when everything written because of them is acknowledged."""
        self.producer.flush()
        if self.undelivered is not None:
            raise KafkaException(self.undelivered)
        self.consumer.commit(asynchronous=False)

    def run(self):
        self.consumer.subscribe([self.options.prefix + "jobs"])
        print(f"serving {self.options.prefix}jobs at {self.options.brokers} "
              f"with {self.device.calibration}", file=sys.stderr, flush=True)
        try:
            while not self.is_stopping:
                self.heartbeat()
                self.producer.poll(0)
                messages = self.consumer.consume(BATCH, timeout=0.05)
                for message in messages:
                    if message.error():
                        raise KafkaException(message.error())
                if messages:
                    self.serve(messages)
        finally:
            self.consumer.close()
            self.producer.flush(10)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brokers", required=True, help="host:port[,host:port]")
    parser.add_argument("--prefix", default="tandem.", help="prefix of topics and groups")
    parser.add_argument("--device", default="simulated-qpu",
                        help="the configured 'enrichment.device.name'")
    worker = Worker(parser.parse_args())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, worker.stop)
    # Whoever started this may have blocked them.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    worker.run()


if __name__ == "__main__":
    main()
