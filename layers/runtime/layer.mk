# Builds a layer of third-party packages for ARCHITECTURE into ARTIFACTS_DIR: pinned wheels, trimmed,
# byte-compiled. RuntimeLayer is for every function, ApiLayer adds what the API alone imports.
#
# `sam build` runs x86_64/Makefile or arm64/Makefile, whichever the template's Architecture parameter
# names, in a copy of this folder. By hand:
#   make -C layers/runtime -f arm64/Makefile build-RuntimeLayer ARTIFACTS_DIR=/tmp/runtime-arm64
PYTHON ?= python3.13
MACHINE := $(if $(filter arm64,$(ARCHITECTURE)),aarch64,x86_64)
SITE = $(ARTIFACTS_DIR)/python

# Never imported by the functions (tests/sam imports what is left, in the built function).
# capi/libonnxruntime.so* is a second copy of what the pybind module holds; soundfile needs cffi's
# compiled back end only. Nothing is stripped: that breaks SciPy's shared objects.
build-RuntimeLayer: PACKAGES = requirements.txt
build-RuntimeLayer: UNUSED = bin cffi aws_lambda_powertools/event_handler \
	$(addprefix aws_lambda_powertools/utilities/,auth_alpha circuit_breaker data_masking feature_flags \
		idempotency kafka parameters parser streaming) \
	dateutil/zoneinfo/dateutil-zoneinfo.tar.gz tzdata/zoneinfo/tzdata.zi \
	numpy/_core/include numpy/_core/lib numpy/_core/_simd*.so numpy/_core/*_tests*.so numpy/random/lib \
	onnxruntime/backend onnxruntime/capi/libonnxruntime.so* onnxruntime/datasets \
	onnxruntime/quantization onnxruntime/tools onnxruntime/transformers \
	onnxruntime/ThirdPartyNotices.txt \
	pandas/_libs/sas*.so pandas/plotting/_matplotlib \
	scipy/cluster scipy/datasets scipy/differentiate scipy/fftpack scipy/io scipy/misc scipy/odr \
	scipy/_lib/cobyqa scipy/_lib/pyprima scipy/stats/_sobol_direction_numbers.npz scipy/stats/_unuran

build-ApiLayer: PACKAGES = api.txt
build-ApiLayer: UNUSED = bin anyio/_backends/_trio.py fastapi/.agents pydantic/mypy.py pydantic/v1

# Each module is kept as byte code alone, in the place of its source: half the size of both, and imports
# need not compile (/opt is read-only, so Python could never cache what it compiled).
.PHONY: build-RuntimeLayer build-ApiLayer
build-RuntimeLayer build-ApiLayer:
	rm -rf "$(SITE)"
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-compile \
		--only-binary=:all: --implementation cp --python-version 3.13 \
		--platform manylinux_2_28_$(MACHINE) --platform manylinux_2_27_$(MACHINE) \
		--platform manylinux2014_$(MACHINE) --target "$(SITE)" -r $(PACKAGES)
	cd "$(SITE)" && rm -rf $(UNUSED)
	find "$(SITE)" -type d -name tests -prune -exec rm -rf {} +
	find "$(SITE)" -type f -regex '.*\.\(pyi\|pxd\|pyx\|a\|h\|c\)' -delete
	# SciPy's wheel repeats a Fortran library of NumPy's; NumPy is imported first, so one copy serves both.
	cd "$(SITE)" && for library in scipy.libs/*; do \
		if cmp -s "$$library" "numpy.libs/$${library#*/}"; then rm "$$library"; fi; done
	$(PYTHON) -W ignore without_docstrings.py "$(SITE)/scipy"
	cd "$(SITE)" && $(PYTHON) -m compileall -q -b --invalidation-mode unchecked-hash .
	find "$(SITE)" -name '*.py' -delete
	find "$(SITE)" -name RECORD -delete
