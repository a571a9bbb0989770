"""`lr.compare` on the workers of Dask and Ray."""

import os
from concurrent.futures import Executor

import pytest
from test_networks import SMALL, case, figures

import leaky_relu as lr

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture(scope="module")
def compared():
    return figures(lr.compare(*case("mlp"), **SMALL))


def test_dask_gives_the_same_figures(compared):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        found = lr.compare(*case("mlp"), **SMALL, executor=client.get_executor())
    assert figures(found) == compared


def test_a_worker_of_dask_that_is_killed_costs_its_training_which_is_done_again(compared):
    distributed = pytest.importorskip("distributed")

    class Killing(Executor):
        """An executor of Dask, one of whose workers is killed once."""

        def __init__(self, client):
            self.client, self.killed = client, False

        def submit(self, *work, **options):
            future = self.client.get_executor().submit(*work, **options)
            if not self.killed:
                self.killed = True
                os.kill(next(iter(self.client.run(os.getpid).values())), 9)
            return future

    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = Killing(client)
        assert figures(lr.compare(*case("mlp"), **SMALL, executor=executor)) == compared
        assert executor.killed


def test_ray_gives_the_same_figures(compared):
    ray = pytest.importorskip("ray")
    from leaky_relu.ray import RayExecutor

    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR")
    try:
        with RayExecutor() as executor:
            assert figures(lr.compare(*case("mlp"), **SMALL, executor=executor)) == compared
    finally:
        ray.shutdown()
